#include "apps/profile.hpp"

#include <memory>

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "apps/options.hpp"
#include "apps/profile_tables.hpp"
#include "apps/progress.hpp"
#include "apps/terminal.hpp"
#include "engine/measuring/machine.hpp"
#include "engine/profile/profile.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

constexpr std::uint64_t kMostParameters = 100'000'000'000;
constexpr Index kParameters[] = {10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

constexpr const char* kFooter =
    R"(Examples:
  gradrace profile                                      Adadelta and Adam, up to 10^8 parameters
  gradrace profile --optimizer sgd --parameters 1000000
  gradrace profile --csv > costs.csv

hot: step after step; cold: from main memory; unfused: one pass for each operation, as PyTorch runs
it; of triad: percent of a pass over the same arrays that only adds.)";

struct ProfileCommand {
  std::vector<std::string> optimizers = {"adadelta:lr=0.5", "adam:lr=0.001"};
  std::string network = "convnet";
  std::vector<Index> parameters;  ///< none: those of the network and kParameters
  Index threads = kernels::default_threads();
  std::string isa = "auto";
  bool json = false, csv = false;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit(self.network, network_option());
    visit(self.optimizers, optimizer_option("an optimizer to measure; give it once for each"));
    visit(self.parameters, {.name = "--parameters",
                            .takes = whole_number(kPanel, kMostParameters),
                            .help = "how many parameters; give it once for each",
                            .default_text = "those of the network, then 10^4 to 10^8"});
    visit(self.threads, threads_option());
    visit(self.isa, isa_option());
    visit(self.json, json_option());
    visit(self.csv, {.name = "--csv", .help = "print comma-separated values and nothing else", .excludes = "--json"});
  }
};

std::string text_of(const Profile& profile, const ProfileCommand& command) {
  if (command.csv) return to_csv(profile);
  if (!command.json) return profile_tables(profile);
  nlohmann::ordered_json document = {{"schema_version", 1}, {"machine", to_json(this_machine())}};
  document.update(to_json(profile));
  return json_text(document);
}

void run(const ProfileCommand& command) {
  expect_threads(command.threads);
  ProfileOptions options;
  for (const std::string& text : command.optimizers) options.optimizers.push_back(Spec::parse(text));
  options.network = find_network(command.network);
  options.parameters = command.parameters;
  if (options.parameters.empty()) {
    options.parameters.push_back(parameter_count(options.network));
    options.parameters.insert(options.parameters.end(), std::begin(kParameters), std::end(kParameters));
  }
  options.threads = command.threads;
  options.isa = find_isa(command.isa);
  Progress bar(true);
  const Profile profile =
      gradrace::profile(options, [&](const std::string& what, double done) { bar.show(what, done, ""); });
  bar.clear();
  if (command.csv)  // whose lines have no place for it
    for (const Index parameters : profile.left_out)
      spdlog::warn("{} parameters are left out: memory has no room for them", parameters);
  say(text_of(profile, command));
}

}  // namespace

void add_profile_command(CLI::App& app) {
  Command& command = add_command(app, "profile", "measure what an optimizer's step costs");
  command.footer(kFooter);
  const auto options = std::make_shared<ProfileCommand>();
  add_options(command, *options);
  command.callback([options] { run(*options); });
}

}  // namespace gradrace
