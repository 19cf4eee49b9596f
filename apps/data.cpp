#include "apps/data.hpp"

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "apps/progress.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/data/directory.hpp"

namespace gradrace {
namespace {

void fetch(const std::filesystem::path& directory) {
  fetch_mnist(directory, download_options(true));
  say(fmt::format("MNIST is in {}\n", directory.string()));
}

void verify(const std::filesystem::path& directory) {
  std::vector<std::vector<std::string>> rows;
  std::string problems, strangers;
  for (const FileCheck& check : verify_directory(directory)) {
    const bool usable = check.problem.empty();
    const char* verdict = !usable ? "not usable" : check.is_mnist ? "MNIST" : "not MNIST";
    rows.push_back({check.name, verdict, usable ? fmt::format("{}", check.bytes) : "", check.sha256});
    if (!usable) problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", check.name, check.problem);
    if (usable && !check.is_mnist) strangers += fmt::format("{}{}", strangers.empty() ? "" : ", ", check.name);
  }
  say(fmt::format("{}\n{}", directory.string(), table({"file", "content", "bytes", "SHA-256, uncompressed"}, rows)));
  if (!problems.empty()) throw data_error("{}: {}", directory.string(), problems);
  if (!strangers.empty())
    throw Error(ExitCode::kCheck, fmt::format("{}: not MNIST's checksum: {}", directory.string(), strangers));
}

void make(const std::filesystem::path& directory) {
  make_digits(directory);
  say(fmt::format("digits, which is not MNIST, is in {}\n", directory.string()));
}

/// A subcommand of `data` that does `work` on the directory that --data-dir names.
CLI::Option* add_command(CLI::App& data, const std::string& name, const std::string& help,
                         void (*work)(const std::filesystem::path&)) {
  CLI::App* command = data.add_subcommand(name, help);
  const auto directory = std::make_shared<std::string>(cache_directory().string());
  command->callback([directory, work] {
    if (directory->empty()) throw failure("there is no cache directory: set HOME, or give --data-dir");
    work(*directory);
  });
  return command->add_option("--data-dir", *directory, "the directory")->type_name("DIR")->take_last();
}

}  // namespace

DownloadOptions download_options(bool progress) {
  DownloadOptions options;
  if (const char* mirrors = std::getenv("GRADRACE_MIRRORS"); mirrors && *mirrors) {
    std::istringstream words(mirrors);
    options.mirrors.assign(std::istream_iterator<std::string>(words), {});
  }
  const auto bar = std::make_shared<Progress>(progress);
  options.progress = [bar](const std::string& name, Index bytes, Index total) {
    if (bytes == total) {
      bar->clear();
    } else if (bar->due()) {
      bar->show(name, total > 0 ? double(bytes) / double(total) : 0, fmt::format("{:.1f} MB", double(bytes) / 1e6));
    }
  };
  return options;
}

void add_data_command(CLI::App& app) {
  CLI::App* data = app.add_subcommand("data", "fetches, verifies and makes data directories");
  data->require_subcommand(1);
  constexpr const char* kEnvironment = "GRADRACE_DATA_DIR";
  add_command(*data, "fetch", "downloads what MNIST lacks in a directory; by default in the cache", fetch)
      ->envname(kEnvironment)
      ->capture_default_str();
  add_command(*data, "verify", "checks the four files of a directory; exits 3 if they are fine but not MNIST", verify)
      ->envname(kEnvironment)
      ->capture_default_str();
  add_command(*data, "make", "writes the digits that the program draws as four IDX files", make)->required();
}

}  // namespace gradrace
