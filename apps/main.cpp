#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "apps/compare.hpp"
#include "apps/data.hpp"
#include "apps/documents.hpp"
#include "apps/info.hpp"
#include "apps/networks.hpp"
#include "apps/optimizers.hpp"
#include "apps/profile.hpp"
#include "apps/report.hpp"
#include "apps/signals.hpp"
#include "apps/terminal.hpp"
#include "apps/version.hpp"
#include "engine/base/error.hpp"
#include "engine/measuring/machine.hpp"
#include "kernels/isa.hpp"

namespace gradrace {
namespace {

/// "--out=" as "--out" and "": CLI11 would take the next word for its value.
std::vector<std::string> with_empty_values(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const std::string& word : words) {
    const bool is_empty = word.starts_with("--") && word.find('=') == word.size() - 1;
    all.push_back(is_empty ? word.substr(0, word.size() - 1) : word);
    if (is_empty) all.emplace_back();
  }
  return all;
}

/// The command line, from the second word on; `compare` stands in front where no command is named.
std::vector<std::string> arguments(int argc, char** argv, const CLI::App& app) {
  std::vector<std::string> words = with_empty_values({argv + std::min(argc, 1), argv + argc});
  const auto commands =
      app.get_subcommands([&](const CLI::App* c) { return !words.empty() && c->get_name() == words[0]; });
  if (commands.empty() && (words.empty() || words[0] != "--version")) words.insert(words.begin(), "compare");
  return words;
}

/// "gradrace --help", or that of the command that was named.
std::string help_of_command(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  const std::string name = commands.empty() ? "compare" : commands[0]->get_name();
  return name == "compare" ? "gradrace --help" : fmt::format("gradrace {} --help", name);
}

/// What was built, and of what.
std::string version_text() {
  const std::string commit = *kCommit ? fmt::format(" ({})", kCommit) : "";
  return fmt::format("gradrace {}{}\n  compiler          {}\n  instruction sets  {}\n  libraries         {}", kVersion,
                     commit, this_machine().compiler, fmt::join(kernels::Isa::built(), ", "), kLibraries);
}

int run(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_logger_st("gradrace"));
  spdlog::set_pattern("%n: %l: %v");
  int exit_code = int(ExitCode::kOk);
  CLI::App app("races optimizers on a CPU engine", "gradrace");
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  add_compare_command(app, exit_code);
  add_data_command(app);
  add_info_command(app);
  add_optimizers_command(app);
  add_networks_command(app);
  add_report_command(app);
  add_profile_command(app);
  add_documents_command(app);
  std::vector<std::string> words = arguments(argc, argv, app);
  std::ranges::reverse(words);  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    say(app.help());
  } catch (const CLI::CallForVersion& version) {
    say(fmt::format("{}\n", version.what()));
  } catch (const CLI::ParseError& error) {
    throw usage_error("{}; see {}", error.what(), help_of_command(app));
  }
  return exit_code;
}

/// Every error, whatever its kind, becomes one sentence and an exit code.
int run_and_report(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    print_error(error.what());
    return int(error.code());
  } catch (const std::bad_alloc&) {
    print_error("there is not enough memory");
  } catch (const std::exception& error) {
    print_error(error.what());
  }
  return int(ExitCode::kFailure);
}

std::terminate_handler otherwise = nullptr;

/// Without memory, destructors and other functions that must not throw still do, in nlohmann's JSON and in the standard
/// library. Nobody can catch such an error, and it becomes a sentence here, which itself takes no memory. Sometimes it
/// cannot even be looked at.
[[noreturn]] void terminate() {
  const char* sentence = std::uncaught_exceptions() > 0 ? "gradrace: error: there is probably not enough memory\n" : "";
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    sentence = "gradrace: error: there is not enough memory\n";
  } catch (...) {  // a programming error
  }
  if (!*sentence) otherwise();
  std::fputs(sentence, stderr);
  std::_Exit(int(ExitCode::kFailure));
}

}  // namespace
}  // namespace gradrace

int main(int argc, char** argv) {
  using namespace gradrace;
  // Each run takes large blocks and gives them back. From the heap they would leave holes among what stays of a run, and
  // a race of many seeds would grow without need.
  ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
  keep_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away shows as an error of say()
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow (ulimit -f), as an error of whoever writes it
  otherwise = std::set_terminate(terminate);
  const int exit_code = run_and_report(argc, argv);
  const bool reader_is_gone = output_error() == EPIPE || stop_signal == SIGHUP;  // or the terminal
  if (output_error() != 0 && !reader_is_gone) {
    print_error(fmt::format("cannot write to standard output: {}", std::strerror(output_error())));
    return int(ExitCode::kFailure);
  }
  return exit_code;
}
