#include "apps/compare_options.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "apps/options.hpp"
#include "engine/data/dataset.hpp"
#include "engine/files/safetensors.hpp"

namespace gradrace {
namespace {

constexpr std::uint64_t kMany = 1'000'000'000;
constexpr std::uint64_t kMostSeeds = 1000;

}  // namespace

void CompareOptions::add_to(CLI::App& command) {
  command.option_defaults()->always_capture_default()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_training(command);
  add_data(command);
  add_machine(command);
  add_output(command);
}

void CompareOptions::add_training(CLI::App& command) {
  command.option_defaults()->group("Training");
  add_optimizer_option(command, optimizers, "an optimizer that takes part; give it once for each");
  command
      .add_option("--sweep", sweeps,
                  "race an optimizer with each of N values of one option, as in adam:lr=1e-4..1e-1:log:7; the best on "
                  "the validation images (by default a sixth) is compared with the others")
      ->type_name("NAME:KEY=LOW..HIGH:log|lin:N[,...]")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->default_str("");
  command.parse_complete_callback([this, &command] {
    if (!sweeps.empty() && command.count("--optimizer") == 0) optimizers.clear();
  });
  command.add_option("--epochs", epochs, "passes over the training images")
      ->type_name("N")
      ->check(whole_number(1, kMany));
  command.add_option("--batch-size", batch_size, "images in a training step")
      ->type_name("N")
      ->check(whole_number(1, kMany));
  command.add_option("--test-batch-size", test_batch_size, "images in a test batch")
      ->type_name("N")
      ->check(whole_number(1, kMany));
  command.add_option("--seed", seed, "of all random numbers, as torch.manual_seed")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  command.add_option("--seeds", seeds, "race from N seeds, --seed and those after it, or from those in the list")
      ->type_name("N|A,B,...")
      ->check(whole_number_or_list(1, kMostSeeds));
  add_choice(command, "--order", order, {"paired", "continue"},
             "random numbers of later runs from a seed: those of the first, or where it left off");
  add_choice(command, "--dropout-stream", dropout_stream, {"mt19937", "mkl"},
             "dropout masks as PyTorch draws them without and with MKL");
  command.add_option("--clip-grad-norm", clip_grad_norm, "scale gradients down together where their norm is above X")
      ->type_name("X")
      ->check(number_from_zero());
  command.add_option("--init", init, "start from the weights in this safetensors file")->type_name("FILE");
  command
      .add_option("--target-loss", target_loss, "converged: the mean of the last 100 training losses is at or below")
      ->type_name("X")
      ->check(number_from_zero());
  command
      .add_option("--target-accuracy", target_accuracy,
                  "a target: this fraction of the test images, or validation images if there are some, is right")
      ->type_name("X")
      ->check(fraction());
  command.add_flag("--until-target", until_target,
                   "end a run after the epoch in which it reaches --target-accuracy or else converges");
}

void CompareOptions::add_data(CLI::App& command) {
  command.option_defaults()->group("Data");
  add_choice(command, "--dataset", dataset, dataset_names(),
             "auto: MNIST, or, if it cannot be had, digits that the program draws");
  command.add_option("--data-dir", data_dir, "directory of the four IDX files; else $GRADRACE_DATA_DIR, else search")
      ->type_name("DIR");
  command.add_option("--train-limit", train_limit, "train on the first N images only")
      ->type_name("N")
      ->check(whole_number(1, kMany));
  command.add_option("--test-limit", test_limit, "test on the first N images only")
      ->type_name("N")
      ->check(whole_number(1, kMany));
  command.add_option("--validation", validation, "train without the last N images; evaluate on them after each epoch")
      ->type_name("N")
      ->check(whole_number(0, kMany));
}

void CompareOptions::add_machine(CLI::App& command) {
  command.option_defaults()->group("Machine");
  add_threads_option(command, threads);
  add_isa_option(command, isa);
  add_choice(command, "--conv", conv, {"auto", "im2col", "implicit", "winograd2", "winograd4"},
             "forward convolution: patches copied, read in place, or Winograd's tiles of 2 or 4; auto: by shape");
  add_choice(command, "--backward", backward, {"auto", "dense", "sparse"},
             "backward of convolution and pooling: all gradients, or the non-zeros only; auto: sparse where it can be");
  add_choice(command, "--fuse", fuse, {"on", "off"},
             "run convolution, relu, pooling and dropout as one stage; off: layer by layer, and dense");
  add_choice(command, "--subnormals", subnormals, {"flush", "keep"},
             "floats below 1.2e-38: count as zero, or slow everything down");
}

void CompareOptions::add_output(CLI::App& command) {
  command.option_defaults()->group("Output");
  CLI::Option* directory =
      command.add_option("--out", out, "write results.json, steps.csv and report.html into this directory")
          ->type_name("DIR");
  command
      .add_flag("--save-weights", save_weights,
                "write the weights there, too: init.safetensors, LABEL_final.safetensors")
      ->needs(directory);
  command.add_flag("--plots", plots, "write pictures there, too: SVG files for a paper")->needs(directory);
  command.add_flag("--profile", profile, "show where the time of an epoch goes: by stage, summed over the phases");
  command
      .add_option("--trace", trace,
                  "write 20 steps of the first run, after 5 to warm up, to this JSON file for ui.perfetto.dev")
      ->type_name("FILE");
  command.add_option("--tensorboard", tensorboard, "write event files for TensorBoard into this directory")
      ->type_name("DIR");
  CLI::Option* checkpoints =
      command.add_option("--checkpoint", checkpoint, "save each run in this directory, after each epoch")
          ->type_name("DIR");
  command.add_flag("--resume", resume, "go on from what is saved there")->needs(checkpoints);
  add_choice(command, "--log-level", log_level, {"debug", "info", "warning", "error", "off"},
             "which log lines go to standard error");
  command.add_flag("--quiet", quiet, "print the tables at the end and nothing before");
  command.add_flag("--no-progress", no_progress, "no progress bar");
}

std::vector<std::uint64_t> CompareOptions::all_seeds() const {
  std::vector<std::uint64_t> numbers = whole_numbers(seeds);
  if (numbers.size() == 1) {
    numbers.resize(std::size_t(numbers[0]));
    std::iota(numbers.begin(), numbers.end(), seed);
  }
  return numbers;
}

std::vector<Sweep> CompareOptions::parsed_sweeps() const {
  std::vector<Sweep> parsed;
  for (const std::string& text : sweeps) {
    Sweep sweep = Sweep::parse(text);
    for (const Sweep& other : parsed)
      if (other.label == sweep.label && other.option == sweep.option)
        throw usage_error("sweep '{}': there is one of {} with the label '{}' already; give it another: LABEL@{}:...",
                          text, sweep.option, sweep.label, sweep.optimizer);
    parsed.push_back(std::move(sweep));
  }
  return parsed;
}

RaceOptions CompareOptions::race() const {
  RaceOptions options;
  for (const std::string& text : optimizers) options.optimizers.push_back(Spec::parse(text));
  for (Sweep& sweep : parsed_sweeps()) std::ranges::move(sweep.specs, std::back_inserter(options.optimizers));
  options.epochs = epochs;
  options.trainer.batch_size = batch_size;
  options.trainer.test_batch_size = test_batch_size;
  options.trainer.dropout_stream = dropout_stream == "mkl" ? DropoutStream::kMkl : DropoutStream::kMt19937;
  if (conv != "auto") options.trainer.kernels.conv = kernels::conv_method(conv);
  if (backward == "sparse" && fuse == "off") throw usage_error("--backward sparse needs --fuse on");
  options.trainer.fuse = fuse == "on" && backward != "dense";
  options.seeds = all_seeds();
  options.order = order == "continue" ? Order::kContinue : Order::kPaired;
  options.threads = threads;
  options.isa = find_isa(isa);
  options.subnormals = subnormals == "keep" ? kernels::Subnormals::kKeep : kernels::Subnormals::kFlush;
  if (!init.empty()) options.init = read_safetensors(init);
  options.target_loss = target_loss;
  options.trainer.clip_grad_norm = clip_grad_norm;
  options.target_accuracy = target_accuracy;
  options.until_target = until_target;
  constexpr Index kTraceSteps = 20;
  if (!trace.empty()) options.trainer.trace_steps = kTraceSteps;
  return options;
}

nlohmann::ordered_json CompareOptions::json() const {
  const auto or_null = [](const auto& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  nlohmann::ordered_json json = {{"optimizer", optimizers},
                                 {"sweep", sweeps},
                                 {"epochs", epochs},
                                 {"batch_size", batch_size},
                                 {"test_batch_size", test_batch_size},
                                 {"seed", seed},
                                 {"seeds", all_seeds()},
                                 {"order", order},
                                 {"dropout_stream", dropout_stream},
                                 {"init", init},
                                 {"clip_grad_norm", or_null(clip_grad_norm)},
                                 {"target_loss", target_loss},
                                 {"target_accuracy", or_null(target_accuracy)},
                                 {"until_target", until_target},
                                 {"dataset", dataset},
                                 {"data_dir", data_dir},
                                 {"train_limit", or_null(train_limit)},
                                 {"test_limit", or_null(test_limit)},
                                 {"validation", or_null(validation)},
                                 {"threads", threads},
                                 {"isa", find_isa(isa).name()},
                                 {"conv", conv},
                                 {"backward", backward},
                                 {"fuse", fuse},
                                 {"subnormals", subnormals},
                                 {"out", out},
                                 {"save_weights", save_weights},
                                 {"plots", plots},
                                 {"tensorboard", tensorboard},
                                 {"profile", profile},
                                 {"trace", trace},
                                 {"checkpoint", checkpoint},
                                 {"resume", resume},
                                 {"log_level", log_level},
                                 {"quiet", quiet},
                                 {"no_progress", no_progress}};
  if (all_seeds().size() == 1) json.erase("seeds");
  return json;
}

nlohmann::ordered_json CompareOptions::decisive_json() const {
  nlohmann::ordered_json decisive = json();
  for (const char* key :
       {"sweep", "seed", "seeds", "init", "dataset", "data_dir", "threads", "out", "save_weights", "plots",
        "tensorboard", "profile", "trace", "checkpoint", "resume", "log_level", "quiet", "no_progress"})
    decisive.erase(key);
  if (order == "paired") decisive.erase("optimizer");  // otherwise those that ran before matter
  return decisive;
}

}  // namespace gradrace
