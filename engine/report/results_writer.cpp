#include "engine/report/results_writer.hpp"

#include "engine/files/atomic_file.hpp"
#include "engine/files/safetensors.hpp"
#include "engine/report/page.hpp"
#include "engine/report/plots.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

}  // namespace

ResultsWriter::ResultsWriter(fs::path directory, bool save_weights, bool plots)
    : directory_(std::move(directory)), lock_(directory_, "results"), save_weights_(save_weights), plots_(plots) {
  for (const char* name : {"results.json", "steps.csv", "report.html"}) expect_writable(directory_ / name);
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
    const bool is_mnist = setting_.data.at("name").get<std::string>().empty();
    const std::string note = is_mnist ? "" : "data: " + setting_.data.at("name").get<std::string>() + ", not MNIST";
    for (const auto& [name, picture] : race_plots(race.runs, setting_.sweeps, note))
      write_atomically(directory_ / name, picture);
  }
  write(race);
}

void ResultsWriter::write(const RaceResult& race) const {
  write_atomically(directory_ / "steps.csv", steps_csv(setting_.data.at("name").get<std::string>(), race.runs));
  const ordered_json results = results_json(setting_, race.runs);
  write_atomically(directory_ / "results.json",
                   results.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  write_atomically(directory_ / "report.html", report_page({&results, 1}));
}

}  // namespace gradrace
