#include "apps/compare.hpp"

#include <memory>
#include <optional>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "apps/commentary.hpp"
#include "apps/compare_options.hpp"
#include "apps/conv_wish.hpp"
#include "apps/curves.hpp"
#include "apps/data.hpp"
#include "apps/phase_table.hpp"
#include "apps/signals.hpp"
#include "apps/summary.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "apps/version.hpp"
#include "engine/measuring/machine.hpp"
#include "engine/race/checkpoint.hpp"
#include "engine/report/results_writer.hpp"
#include "engine/report/tensorboard.hpp"
#include "engine/report/trace.hpp"
#include "engine/training/network_file.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

constexpr int kSignalExit = 128;  // a program that signal n ends exits with 128 + n

constexpr const char* kDescription =
    R"(Races optimizers: trains the same small network, from the same initial weights, on the
same batches of MNIST with each of them, and reports who got where and when.

Examples:
  gradrace                                         Adadelta against Adam, five epochs
  gradrace --epochs 1 --out results                one epoch; also writes report.html, results.json
  gradrace --optimizer adam --optimizer slow@adam:lr=0.0001,betas=0.9/0.99
  gradrace --optimizer sgd:lr=0.1,momentum=0.9,schedule=cosine,warmup=500
  gradrace --dataset digits --train-limit 6000     no download, a tenth of the images
  gradrace --seeds 5                               from five seeds, with statistics and a verdict
  gradrace --sweep adam:lr=1e-4..1e-1:log:7        which learning rate is best
  gradrace --seeds 5 --checkpoint runs --resume    ... which may be stopped and started again
  gradrace data fetch                              download MNIST now
)";

constexpr const char* kFooter =
    R"(Environment:
  GRADRACE_DATA_DIR   directory of the data, as --data-dir
  GRADRACE_MIRRORS    base URLs (https) to download from, with spaces between them
  SSL_CERT_FILE       certificates of the authorities that vouch for them, if not the system's
  GRADRACE_ISA        as --isa
  NO_COLOR            no bold titles; TERM=dumb: no control codes at all

Exit codes:
  0 all went well        1 failure while running     2 wrong usage       3 a check failed
  4 an optimizer diverged (NaN or infinity)          5 missing or damaged data
  130, 143, 129, 138, 152: stopped by SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU after the step
  under way; 141: because standard output was closed; what was asked for is saved before)";

Dataset load(const CompareOptions& options) {
  DataOptions what;
  static_cast<DownloadOptions&>(what) = download_options(!options.no_progress && !options.quiet);
  what.dataset = options.dataset;
  what.directory = options.data_dir;
  what.classes = options.classes;
  what.mean = numbers_by_channel(options.mean);
  what.deviation = numbers_by_channel(options.deviation);
  Dataset data = load_dataset(what);
  if (options.train_limit) data.train.keep_first(*options.train_limit);
  if (options.test_limit) data.test.keep_first(*options.test_limit);
  constexpr Index kPart = 6;  // of MNIST that is 10,000, as many as there are test images
  const Index validation = options.validation.value_or(options.sweeps.empty() ? 0 : data.train.count / kPart);
  if (validation >= data.train.count)
    throw usage_error("--validation {}: there are {} training images, and some must be left to train on", validation,
                      data.train.count);
  if (validation == 0 && !options.sweeps.empty())
    throw usage_error("--sweep chooses on validation images, and there are none; see --validation");
  data.validation = data.train.split_last(validation);
  return data;
}

/// The race's network for these images, as network_json has it, and how many parameters it has.
nlohmann::ordered_json network_for(const RaceOptions& race, const Dataset& data) {
  const Network network = fitted(race.network, data);
  nlohmann::ordered_json json = network_json(network);
  json["parameters"] = parameter_count(network);
  return json;
}

RaceSetting setting(const CompareOptions& options, const RaceOptions& race, const Machine& machine,
                    const Dataset& data) {
  RaceSetting setting{.program = {{"version", kVersion}, {"commit", kCommit}, {"compiler", machine.compiler}},
                      .machine = to_json(machine),
                      .data = data_json(data),
                      .network = network_for(race, data),
                      .options = options.json(),
                      .sweeps = options.parsed_sweeps(),
                      .test = &data.test};
  setting.program["isa"] = race.isa.name();
  setting.machine["threads"] = race.threads;
  return setting;
}

/// Behind the number of threads: how many CPUs there are if some stay idle, and why if that is the batch's doing.
std::string unused_cpus(const RaceOptions& race) {
  const Index cpus = kernels::allowed_cpus();
  if (race.threads >= cpus) return "";
  return fmt::format(" on {} CPUs{}", cpus,
                     race.threads == race.trainer.batch_size ? " (as many as a batch has samples)" : "");
}

std::string introduction(const CompareOptions& options, const RaceOptions& race, const Machine& machine,
                         const Dataset& data) {
  std::string text = fmt::format("{} {}\n", bold("Gradrace"), kVersion);
  const std::string validation = data.validation.count > 0 ? fmt::format(", {} validation", data.validation.count) : "";
  text += fmt::format("  data      {}, {} training{} and {} test images{}\n", data.name, data.train.count, validation,
                      data.test.count, data.directory.empty() ? "" : " from " + printable(data.directory));
  const Normalization& pixels = data.normalization;
  text += fmt::format("  pixels    {}x{}x{} in {} classes, mean: {}, deviation: {}, {}\n", data.train.height,
                      data.train.width, data.train.channels, data.train.classes, fmt::join(pixels.mean, "/"),
                      fmt::join(pixels.deviation, "/"), pixels.source);
  text += fmt::format("  network   {}, parameters: {}\n", printable(options.network),
                      network_for(race, data)["parameters"].get<Index>());
  text += fmt::format("  race      epochs: {}, batch size: {}, {}: {}, order: {}, dropout stream: {}\n", race.epochs,
                      options.batch_size, race.seeds.size() == 1 ? "seed" : "seeds", fmt::join(race.seeds, ", "),
                      options.order, options.dropout_stream);
  text += fmt::format("  machine   {}, threads: {}{}, instruction set: {}, subnormals: {}\n", machine.cpu, race.threads,
                      unused_cpus(race), race.isa.name(), options.subnormals);
  text += notice_banner(data.notice);
  text.pop_back();  // the end of its last line
  return text;
}

/// Everything that decides the numbers of a run, but for its optimizer and seed.
nlohmann::ordered_json identity(const CompareOptions& options, const RaceOptions& race, const Dataset& data) {
  nlohmann::ordered_json json = {{"version", kVersion}, {"commit", kCommit}};
  json.update(options.decisive_json());
  json["network"] = network_for(race, data)["layers"];
  for (const NamedTensor& tensor : race.init) json["init " + tensor.name] = checksum(tensor);
  const nlohmann::ordered_json about = data_json(data);
  for (const auto& [key, value] : about.items())
    if (key != "directory" && key != "notice") json["data " + key] = value;
  return json;
}

/// The files that were asked for. Made before the data is there, so that what cannot be written is known at once.
class Outputs {
 public:
  explicit Outputs(const CompareOptions& options) {
    if (!options.out.empty()) results_.emplace(options.out, options.save_weights, options.plots);
    if (!options.tensorboard.empty()) tensorboard_.emplace(options.tensorboard);
    if (!options.trace.empty()) trace_.emplace(options.trace);
  }

  /// To be called once, before the race.
  std::vector<RaceObserver*> describe(const RaceSetting& setting, const std::string& notice) {
    std::vector<RaceObserver*> observers;
    const auto add = [&](auto& writer, const auto& what) {
      if (!writer) return;
      writer->describe(what);
      observers.push_back(&*writer);
    };
    add(results_, setting);
    add(tensorboard_, notice);
    add(trace_, notice);
    return observers;
  }

 private:
  std::optional<ResultsWriter> results_;
  std::optional<TensorboardWriter> tensorboard_;
  std::optional<TraceWriter> trace_;
};

int exit_code_of(const RaceResult& result) {
  if (stop_signal != 0) return kSignalExit + stop_signal;
  for (const RunResult& run : result.runs)
    if (run.status == Status::kDiverged) return int(ExitCode::kNumerical);
  return int(ExitCode::kOk);
}

/// Of a race that was stopped: what its checkpoints hold of the run that was under way, and how it goes on.
std::string how_to_go_on(const RaceResult& result, const CompareOptions& options) {
  std::string text = output_error() != 0 ? "stopped by a failed write to standard output"
                                         : fmt::format("stopped by {}", signal_name(stop_signal));
  if (result.runs.empty() || result.runs.back().step_loss.empty()) {
    text += result.runs.size() > 1 ? " between two runs" : " before the first step";
  } else {
    const RunResult& run = result.runs.back();
    text += fmt::format("; {} (seed {}) is saved in {} after step {} of {}", run.label, run.seed,
                        printable(options.checkpoint), run.step_loss.size(), run.steps_per_epoch * options.epochs);
  }
  return text + (options.resume ? "; the same command goes on" : "; the same command with --resume goes on");
}

int compare(CompareOptions options) {
  expect_threads(options.threads);
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  const RaceOptions race_options = options.race();
  Race race(race_options);
  if (const Index cpus = kernels::allowed_cpus(); options.threads > cpus)
    spdlog::warn("{} threads on {} CPU{}: they will wait for each other", options.threads, cpus, cpus == 1 ? "" : "s");
  Outputs outputs(options);

  const Dataset data = load(options);
  options.validation = data.validation.count;
  const Machine machine = this_machine();
  const bool many = race_options.seeds.size() > 1 || !options.sweeps.empty();
  Commentary commentary(!options.quiet, !options.quiet && !options.no_progress, many,
                        introduction(options, race_options, machine, data));
  std::vector<RaceObserver*> observers = outputs.describe(setting(options, race_options, machine, data), data.notice);
  ConvWish wish(race_options.trainer.kernels.conv);
  observers.insert(observers.begin(), {&wish, &commentary});
  std::optional<Checkpoints> checkpoints;
  if (!options.checkpoint.empty())
    checkpoints.emplace(options.checkpoint, identity(options, race_options, data), options.resume);

  stop_on_signals();
  const RaceResult result = race.run(data, observers, stop_signal, checkpoints ? &*checkpoints : nullptr);
  const int exit_code = exit_code_of(result);
  const std::string curves =
      !options.quiet && is_terminal(stdout) ? loss_curves(result.runs, is_utf8() ? Dots::kBraille : Dots::kAscii) : "";
  say(curves + (many ? summary_tables(result.runs, options.parsed_sweeps()) : race_tables(result, race_options)) +
      (options.profile ? phase_tables(result) : "") + (data.notice.empty() ? "" : "\n") + notice_banner(data.notice));
  if (checkpoints && stop_signal != 0) spdlog::warn(how_to_go_on(result, options));
  if (!options.out.empty()) spdlog::info("the results are in {}", printable(options.out));
  return exit_code;
}

}  // namespace

void add_compare_command(CLI::App& app, int& exit_code) {
  Command& command = add_command(app, "compare", kDescription);
  const auto options = std::make_shared<CompareOptions>();
  options->add_to(command);
  command.footer([&app] {
    std::string text = "Commands:\n";
    for (const Command* other : commands_of(app))
      text += fmt::format("  {:<20}  {}{}\n", "gradrace " + full_name(*other), in_short(*other),
                          other->get_name() == "compare" ? "; also without the word" : "");
    text += "  (each has --help)\n";
    return text + "\n" + kFooter;
  });
  command.callback([options, &exit_code] { exit_code = compare(*options); });
}

}  // namespace gradrace
