#include "engine/report/results_writer.hpp"

#include <system_error>

#include "engine/base/error.hpp"
#include "engine/files/atomic_file.hpp"
#include "engine/files/replaceable.hpp"
#include "engine/files/safetensors.hpp"
#include "engine/report/page.hpp"
#include "engine/report/plots.hpp"
#include "engine/results/check.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string seed_suffix(const std::string& seed) {
  return "_seed" + seed;
}

std::string initial_weights(const std::string& suffix) {
  return fmt::format("init{}.safetensors", suffix);
}

std::string final_weights(const std::string& label, const std::string& suffix) {
  return fmt::format("{}{}_final.safetensors", label, suffix);
}

/// Removes the weights that an earlier race left here: those of the runs in its results, which are about to be
/// replaced.
void remove_former_weights(const fs::path& directory) {
  ordered_json former;
  try {
    former = read_results(directory);
  } catch (const Error&) {
    return;  // there are none, or they are no help
  }
  std::error_code ignored;
  for (const ordered_json& run : former["runs"])
    for (const std::string& suffix : {std::string(), seed_suffix(run["seed"].dump())})
      for (const fs::path name : {initial_weights(suffix), final_weights(run["label"], suffix)})
        if (name == name.filename()) fs::remove(directory / name, ignored);  // no label leads out of the directory
}

}  // namespace

ResultsWriter::ResultsWriter(fs::path directory, bool save_weights, bool plots)
    : directory_(std::move(directory)), lock_(directory_, "results"), save_weights_(save_weights), plots_(plots) {
  for (const auto& [name, mark] :
       {std::pair{"results.json", kResultsMark}, {"steps.csv", kStepsMark}, {"report.html", kReportMark}}) {
    expect_replaceable(directory_ / name, mark);
    expect_writable(directory_ / name);
  }
}

void ResultsWriter::epoch_done(const RaceResult& race) {
  take_over(race);
  write(race);
}

void ResultsWriter::run_ended(const RaceResult& race) {
  take_over(race);
  if (save_weights_) {
    const RunResult& run = race.runs.back();
    const std::string suffix = race.seeds.size() > 1 ? seed_suffix(fmt::format("{}", run.seed)) : "";
    write_safetensors(directory_ / initial_weights(suffix), race.initial);
    write_safetensors(directory_ / final_weights(run.label, suffix), run.parameters);
  }
  if (plots_) {
    const bool is_mnist = setting_.data.at("name").get<std::string>().empty();
    const std::string note = is_mnist ? "" : "data: " + setting_.data.at("name").get<std::string>() + ", not MNIST";
    for (const auto& [name, picture] : race_plots(race, setting_.sweeps, note))
      write_atomically(directory_ / name, picture);
  }
  write(race);
}

void ResultsWriter::take_over(const RaceResult& race) {
  const bool begins_anew = race.runs.front().resumed_after == 0;
  if (!is_ours_ && begins_anew) remove_former_weights(directory_);
  is_ours_ = true;
}

void ResultsWriter::write(const RaceResult& race) const {
  write_atomically(directory_ / "steps.csv", steps_csv(setting_.data.at("name").get<std::string>(), race.runs));
  const ordered_json results = results_json(setting_, race);
  write_atomically(directory_ / "results.json",
                   results.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  write_atomically(directory_ / "report.html", report_page({&results, 1}));
}

}  // namespace gradrace
