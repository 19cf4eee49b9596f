#include "engine/results/results.hpp"

#include <iterator>
#include <system_error>

#include "engine/files/atomic_file.hpp"
#include "engine/findings/difference.hpp"
#include "engine/race/run_json.hpp"
#include "engine/report/page.hpp"
#include "engine/report/plots.hpp"
#include "engine/results/evaluation.hpp"
#include "engine/results/weights.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

ordered_json difference_json(std::span<const RunResult> runs, const std::vector<std::string>& labels) {
  ordered_json json = ordered_json::array();
  for (const auto& [a, b, seed, parameters] : run_differences(runs, labels))
    for (const ParameterDifference& p : parameters)
      json.push_back({{"a", a},
                      {"b", b},
                      {"seed", seed},
                      {"parameter", p.parameter},
                      {"mean_difference", p.mean_difference},
                      {"normalized_difference", p.normalized_difference}});
  return json;
}

void check_replaceable(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
    throw failure("cannot write {}: it exists and is not a regular file", path.string());
}

}  // namespace

ordered_json data_json(const Dataset& data) {
  return {{"name", data.name},
          {"notice", data.notice},
          {"directory", data.directory},
          {"train", data.train.count},
          {"validation", data.validation.count},
          {"test", data.test.count},
          {"sha256", data.sha256}};
}

ordered_json results_json(const RaceSetting& setting, std::span<const RunResult> runs) {
  ordered_json json = {{"schema_version", 1},  {"program", setting.program}, {"machine", setting.machine},
                       {"data", setting.data}, {"options", setting.options}, {"runs", ordered_json::array()}};
  if (!runs.empty())  // the same for all: shapes and options decide
    for (const auto& [layer, kernels] : runs.front().kernels) json["program"]["kernels"][layer] = kernels;
  for (const RunResult& run : runs) {
    json["runs"].push_back(run_json(run));
    json["runs"].back()["step_loss"] = run.step_loss;
  }
  const std::vector<std::string> labels = contestants(runs, setting.sweeps);
  json["parameter_difference"] = difference_json(runs, labels);
  const Comparison all = compare_runs(runs);
  json.update(comparison_json(all, compare_runs(runs, labels)));
  if (!setting.sweeps.empty()) json["sweep"] = sweep_json(setting.sweeps, all.labels);
  add_weights(json, runs);
  if (setting.test) add_evaluation(json, runs, *setting.test);
  return json;
}

std::string steps_csv(const std::string& notice, std::span<const RunResult> runs) {
  std::string csv = notice.empty() ? "" : fmt::format("# {}\n", notice);
  csv += "optimizer,seed,epoch,step,loss\n";
  for (const RunResult& run : runs)
    for (Index i = 0; i < std::ssize(run.step_loss); ++i)
      fmt::format_to(std::back_inserter(csv), "{},{},{},{},{}\n", run.label, run.seed, i / run.steps_per_epoch + 1,
                     i + 1, run.step_loss[std::size_t(i)]);
  return csv;
}

ResultsWriter::ResultsWriter(fs::path directory, bool save_weights, bool plots)
    : directory_(std::move(directory)), save_weights_(save_weights), plots_(plots) {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) throw failure("cannot make the directory {}: {}", directory_.string(), error.message());
  for (const char* name : {"results.json", "steps.csv", "report.html"}) check_replaceable(directory_ / name);
  const fs::path probe = directory_ / "results.json.probe";
  write_atomically(probe, "");
  fs::remove(probe, error);
}

void ResultsWriter::epoch_done(const RaceResult& race) {
  write(race);
}

void ResultsWriter::run_ended(const RaceResult& race) {
  if (save_weights_) {
    const RunResult& run = race.runs.back();
    const std::string seed = race.seeds.size() > 1 ? fmt::format("_seed{}", run.seed) : "";
    write_safetensors(directory_ / fmt::format("init{}.safetensors", seed), race.initial);
    write_safetensors(directory_ / fmt::format("{}{}_final.safetensors", run.label, seed), run.parameters);
  }
  if (plots_) {
    const bool is_mnist = setting_.data.at("notice").get<std::string>().empty();
    const std::string note = is_mnist ? "" : "data: " + setting_.data.at("name").get<std::string>() + ", not MNIST";
    for (const auto& [name, picture] : race_plots(race.runs, setting_.sweeps, note))
      write_atomically(directory_ / name, picture);
  }
  write(race);
}

void ResultsWriter::write(const RaceResult& race) const {
  write_atomically(directory_ / "steps.csv", steps_csv(setting_.data.at("notice").get<std::string>(), race.runs));
  const ordered_json results = results_json(setting_, race.runs);
  write_atomically(directory_ / "results.json",
                   results.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  write_atomically(directory_ / "report.html", report_page({&results, 1}));
}

}  // namespace gradrace
