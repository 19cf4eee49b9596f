#include "apps/report.hpp"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/options.hpp"
#include "apps/terminal.hpp"
#include "engine/base/error.hpp"
#include "engine/files/atomic_file.hpp"
#include "engine/files/replaceable.hpp"
#include "engine/report/page.hpp"
#include "engine/results/check.hpp"
#include "engine/results/merge.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::vector<std::string> directories;
  std::string out;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit(self.directories, {.name = "race",
                             .takes = {"DIR|FILE"},
                             .help = "directories that races wrote with --out, or results.json files",
                             .required = true});
    visit(
        self.out,
        {.name = "--out", .takes = {"FILE"}, .help = "the page; default: report.html in the directory, if it is one"});
  }
};

void report(const ReportOptions& options) {
  const std::vector<std::string> names = short_names(options.directories);
  if (std::set(names.begin(), names.end()).size() < names.size()) throw usage_error("a directory is given twice");
  if (options.out.empty() && options.directories.size() > 1)
    throw usage_error("a report of {} races needs --out FILE", options.directories.size());
  std::vector<nlohmann::ordered_json> results;
  for (const std::string& directory : options.directories) results.push_back(read_results(directory));
  tell_apart(results, names);
  const fs::path first = options.directories.front();
  const fs::path beside = fs::is_directory(first) ? first : first.parent_path();
  const fs::path out = options.out.empty() ? beside / "report.html" : fs::path(options.out);
  expect_replaceable(out, kReportMark);
  write_atomically(out, report_page(results));
  say(fmt::format("{}\n", printable(out.string())));
}

}  // namespace

void add_report_command(CLI::App& app) {
  Command& command = add_command(app, "report", "makes report.html again, or one of several races");
  const auto options = std::make_shared<ReportOptions>();
  add_options(command, *options);
  command.callback([options] { report(*options); });
}

}  // namespace gradrace
