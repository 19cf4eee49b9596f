#include "engine/files/json.hpp"
#include "engine/report/page.hpp"
#include "engine/results/check.hpp"
#include "engine/results/merge.hpp"
#include "engine/results/results_json.hpp"
#include "tests/fuzzing/fuzzer.hpp"
#include "tests/races.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  std::vector<nlohmann::ordered_json> results = {parse_json(input, "some.json")};
  check_results(results[0], "some.json");
  results.push_back(results[0]);
  tell_apart(results, {"a", "b"});
  const std::string page = report_page(results);
  GRADRACE_EXPECT(page.empty(), ==, false);
}

std::vector<std::string> seeds() {
  const Dataset data = small_dataset(4, 2);
  RaceSetting setting = {.program = {{"version", "1"}},
                         .machine = {{"threads", 1}},
                         .data = data_json(data),
                         .options = {{"epochs", 2}, {"seeds", {0, 1}}}};
  RaceOptions options = small_race({"sgd"});
  const std::string plain = results_json(setting, run_race(options, data)).dump();
  setting.test = &data.test;
  setting.sweeps = {Sweep::parse("adam:lr=1..2:lin:2")};
  options.optimizers = setting.sweeps[0].specs;
  options.seeds = {0, 1};
  return {plain, results_json(setting, run_race(options, data)).dump(), "{}", "[[], {}, null, -1.5e3]"};
}

/// The names of all fields.
std::vector<std::string> words() {
  std::vector<std::string> words = {"null",       "1e308",           "-1", "0.5", "[]", "{}", R"(\"\")",
                                    R"(\\u0000)", R"(\"</script>\")"};
  for (const char* name : {"schema_version",
                           "program",
                           "machine",
                           "data",
                           "options",
                           "runs",
                           "network",
                           "label",
                           "optimizer",
                           "seed",
                           "status",
                           "steps_per_epoch",
                           "step_loss",
                           "epochs",
                           "train_seconds",
                           "test_loss",
                           "test_correct",
                           "test_total",
                           "convergence",
                           "target",
                           "problem",
                           "weights",
                           "low",
                           "high",
                           "counts",
                           "filters",
                           "shape",
                           "values",
                           "evaluation",
                           "confusion",
                           "answers",
                           "losses",
                           "hardest",
                           "index",
                           "height",
                           "width",
                           "channels",
                           "pixels",
                           "parameter_difference",
                           "summary",
                           "paired_difference",
                           "sweep",
                           "points",
                           "verdict",
                           "statistics"})
    words.push_back(fmt::format(R"(\"{}\": )", name));
  return words;
}

}  // namespace gradrace
