#include "apps/data.hpp"

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "apps/options.hpp"
#include "apps/progress.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/data/directory.hpp"

namespace gradrace {
namespace {

void fetch_set(const KnownSet& set, const std::filesystem::path& directory) {
  fetch(set, directory, download_options(true));
  say(fmt::format("{} is in {}\n", set.title, printable(directory.string())));
}

void verify(const KnownSet& set, const std::filesystem::path& directory) {
  std::vector<std::vector<std::string>> rows;
  std::string problems, strangers;
  for (const FileCheck& check : verify_directory(set, directory)) {
    const bool usable = check.problem.empty();
    const std::string verdict = !usable ? "not usable" : fmt::format("{}{}", check.is_known ? "" : "not ", set.title);
    rows.push_back({check.name, verdict, usable ? fmt::format("{}", check.bytes) : "", check.sha256});
    if (!usable) problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", check.name, check.problem);
    if (usable && !check.is_known) strangers += fmt::format("{}{}", strangers.empty() ? "" : ", ", check.name);
  }
  say(fmt::format("{}\n{}", printable(directory.string()),
                  table({"file", "content", "bytes", "SHA-256, uncompressed"}, rows)));
  if (!problems.empty()) throw data_error("{}: {}", directory.string(), problems);
  if (!strangers.empty())
    throw Error(ExitCode::kCheck, fmt::format("{}: not {}'s checksum: {}", directory.string(), set.title, strangers));
}

void make(const std::filesystem::path& directory) {
  make_digits(directory);
  say(fmt::format("digits, which is not MNIST, is in {}\n", printable(directory.string())));
}

struct SetOptions {
  std::string dataset = std::string(kMnist.name), directory;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    std::vector<std::string> names;
    for (const KnownSet& set : kKnownSets) names.emplace_back(set.name);
    visit(self.dataset, {.name = "--dataset", .takes = one_of(names), .help = "the set"});
    visit(self.directory, {.name = "--data-dir",
                           .takes = {"DIR"},
                           .help = "the directory; default: the set's in the cache",
                           .environment = "GRADRACE_DATA_DIR"});
  }
};

/// A subcommand of `data` that does `work` with a known set and a directory, by default the set's in the cache.
void add_set_command(Command& data, const std::string& name, const std::string& help,
                     void (*work)(const KnownSet&, const std::filesystem::path&)) {
  Command& command = add_command(data, name, help);
  const auto options = std::make_shared<SetOptions>();
  add_options(command, *options);
  command.callback([options, work] {
    const KnownSet& set = *find_known_set(options->dataset);
    std::filesystem::path directory = options->directory;
    if (directory.empty()) directory = cache_directory(set);
    if (directory.empty()) throw failure("there is no cache directory: set HOME, or give --data-dir");
    work(set, directory);
  });
}

struct MakeOptions {
  std::string directory;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit(self.directory, {.name = "--data-dir", .takes = {"DIR"}, .help = "the directory", .required = true});
  }
};

void add_make_command(Command& data) {
  Command& command = add_command(data, "make", "writes the digits that the program draws as four IDX files");
  const auto options = std::make_shared<MakeOptions>();
  add_options(command, *options);
  command.callback([options] { make(options->directory); });
}

}  // namespace

DownloadOptions download_options(bool progress) {
  DownloadOptions options;
  if (const char* mirrors = std::getenv("GRADRACE_MIRRORS"); mirrors && *mirrors) {
    std::istringstream words(mirrors);
    options.mirrors.assign(std::istream_iterator<std::string>(words), {});
  }
  if (const char* certificates = std::getenv("SSL_CERT_FILE")) options.certificates = certificates;
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
  Command& data = add_command(app, "data", "fetches, verifies and makes data directories");
  data.require_subcommand(1);
  add_set_command(data, "fetch", "downloads what MNIST, or another set, lacks in a directory", fetch_set);
  add_set_command(data, "verify", "checks the files of a directory; exits 3 if they are fine but not the set's",
                  verify);
  add_make_command(data);
}

}  // namespace gradrace
