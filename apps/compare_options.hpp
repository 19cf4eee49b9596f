#pragma once
/// The options of `gradrace compare`. A new one is a member, a line in the visit below, and what race() makes of it.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "apps/options.hpp"
#include "engine/data/dataset.hpp"
#include "engine/findings/sweep.hpp"

namespace gradrace {

struct CompareOptions {
  std::string network = "convnet";
  std::vector<std::string> optimizers = {"adadelta:lr=0.5", "adam:lr=0.001"}, sweeps;
  Index epochs = 5, batch_size = 32, test_batch_size = 500;
  std::uint64_t seed = 0;
  std::string seeds = "1";  ///< how many, from `seed` on, or a list of them
  std::string order = "paired", dropout_stream = "mt19937", init;
  double target_loss = 0.1;
  std::optional<double> clip_grad_norm;  ///< none: gradients are taken as they are
  std::optional<double> target_accuracy;
  bool until_target = false;
  std::string dataset = "auto", data_dir;
  std::optional<Index> classes;                  ///< none: as many as the labels tell
  std::string mean, deviation;                   ///< numbers by channel; empty: those of the set, or measured
  std::optional<Index> train_limit, test_limit;  ///< images; none: all
  std::optional<Index> validation;               ///< images; none: a sixth if there is a sweep
  Index threads = kernels::default_threads();
  std::string isa = "auto", subnormals = "flush";
  std::string conv = "auto", backward = "auto", fuse = "on";
  std::string out;  ///< directory; empty: no files
  bool save_weights = false, plots = false;
  std::string tensorboard;                 ///< directory; empty: no event files
  bool profile = false;                    ///< show where the time went
  std::string trace;                       ///< file; empty: none
  std::string checkpoint;                  ///< directory; empty: none
  std::string checkpoint_every = "epoch";  ///< or a number of steps
  bool resume = false;
  std::string log_level = "warning";
  bool quiet = false, no_progress = false;

  /// Shows visit(member, CommandOption) every option.
  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit_training(self, in_group("Training", visit));
    visit_data(self, in_group("Data", visit));
    visit_machine(self, in_group("Machine", visit));
    visit_output(self, in_group("Output", visit));
  }

  /// Lets `command` fill the members from its command line.
  void add_to(Command& command);

  /// Reads the initial weights, if any. Throws usage_error for wrong optimizers or an instruction set that is not to be
  /// had, and data_error.
  RaceOptions race() const;
  /// Each has a label and option that no other has. Throws usage_error.
  std::vector<Sweep> parsed_sweeps() const;
  /// Every option with the value in force.
  nlohmann::ordered_json json() const;
  /// Those among them that the numbers of a run hang on, but for its optimizer and seed.
  nlohmann::ordered_json decisive_json() const;

 private:
  static constexpr std::uint64_t kMany = 1'000'000'000;
  static constexpr std::uint64_t kMostSeeds = 1000;

  std::vector<std::uint64_t> all_seeds() const;

  template <class Self, class Visit>
  static void visit_training(Self& self, const Visit& visit) {
    visit(self.network, network_option());
    visit(self.optimizers, optimizer_option("an optimizer that takes part; give it once for each"));
    visit(self.sweeps, {.name = "--sweep",
                        .takes = {"NAME:KEY=LOW..HIGH:log|lin:N[,...]", optimizer_names()},
                        .help = "race an optimizer with each of N values of one option, as in "
                                "adam:lr=1e-4..1e-1:log:7; the best on the validation images (by default a sixth) is "
                                "compared with the others",
                        .decisive = false});
    visit(self.epochs,
          {.name = "--epochs", .takes = whole_number(1, kMany), .help = "passes over the training images"});
    visit(self.batch_size,
          {.name = "--batch-size", .takes = whole_number(1, kMany), .help = "images in a training step"});
    visit(self.test_batch_size,
          {.name = "--test-batch-size", .takes = whole_number(1, kMany), .help = "images in a test batch"});
    visit(self.seed, {.name = "--seed",
                      .takes = whole_number(0, std::numeric_limits<std::uint64_t>::max()),
                      .help = "of all random numbers, as torch.manual_seed",
                      .decisive = false});
    visit(self.seeds, {.name = "--seeds",
                       .takes = whole_number_or_list(1, kMostSeeds),
                       .help = "race from N seeds, --seed and those after it, or from those in the list",
                       .decisive = false});
    visit(self.order, {.name = "--order",
                       .takes = one_of({"paired", "continue"}),
                       .help = "random numbers of later runs from a seed: those of the first, or where it left off"});
    visit(self.dropout_stream, {.name = "--dropout-stream",
                                .takes = one_of({"mt19937", "mkl"}),
                                .help = "dropout masks as PyTorch draws them without and with MKL"});
    visit(self.clip_grad_norm, {.name = "--clip-grad-norm",
                                .takes = number_from_zero(),
                                .help = "scale gradients down together where their norm is above X"});
    visit(self.init, {.name = "--init",
                      .takes = {"FILE"},
                      .help = "start from the weights in this safetensors file",
                      .decisive = false});
    visit(self.target_loss, {.name = "--target-loss",
                             .takes = number_from_zero(),
                             .help = "converged: the mean of the last 100 training losses is at or below"});
    visit(self.target_accuracy,
          {.name = "--target-accuracy",
           .takes = fraction(),
           .help = "a target: this fraction of the test images, or validation images if there are some, is right"});
    visit(self.until_target,
          {.name = "--until-target",
           .help = "end a run after the epoch in which it reaches --target-accuracy or else converges"});
  }

  template <class Self, class Visit>
  static void visit_data(Self& self, const Visit& visit) {
    visit(self.dataset, {.name = "--dataset",
                         .takes = one_of(dataset_names()),
                         .help = "auto: MNIST, or, if it cannot be had, digits that the program draws",
                         .decisive = false});
    visit(self.data_dir, {.name = "--data-dir",
                          .takes = {"DIR"},
                          .help = "directory of the set's files; else $GRADRACE_DATA_DIR, else search",
                          .decisive = false});
    visit(self.classes, {.name = "--classes",
                         .takes = whole_number(1, kMostClasses),
                         .help = "how many the labels tell apart; default: up to the largest label",
                         .decisive = false});
    visit(self.mean, {.name = "--mean",
                      .takes = numbers_by_channel(),
                      .help = "subtracted from pixels in 0 .. 1; one number or one for each channel; default: the "
                              "set's published number, or that of the training images",
                      .decisive = false});
    visit(self.deviation, {.name = "--std",
                           .takes = numbers_by_channel(),
                           .help = "by which they are divided then; default: as above",
                           .decisive = false});
    visit(self.train_limit,
          {.name = "--train-limit", .takes = whole_number(1, kMany), .help = "train on the first N images only"});
    visit(self.test_limit,
          {.name = "--test-limit", .takes = whole_number(1, kMany), .help = "test on the first N images only"});
    visit(self.validation, {.name = "--validation",
                            .takes = whole_number(0, kMany),
                            .help = "train without the last N images; evaluate on them after each epoch"});
  }

  template <class Self, class Visit>
  static void visit_machine(Self& self, const Visit& visit) {
    CommandOption number = threads_option();
    number.default_text = "the CPUs that the program may use, at most one for each sample of a batch";
    visit(self.threads, number);
    visit(self.isa, isa_option());
    visit(self.conv, {.name = "--conv",
                      .takes = one_of({"auto", "im2col", "implicit", "winograd2", "winograd4"}),
                      .help = "forward convolution: patches copied, read in place, or Winograd's tiles of 2 or 4; "
                              "auto: by shape"});
    visit(self.backward, {.name = "--backward",
                          .takes = one_of({"auto", "dense", "sparse"}),
                          .help = "backward of convolutions: all gradients, or the non-zeros only; auto: sparse where "
                                  "few gradients are not zero"});
    visit(self.fuse, {.name = "--fuse",
                      .takes = one_of({"on", "off"}),
                      .help = "run convolution, relu, pooling and dropout as one stage; off: layer by layer"});
    visit(self.subnormals, {.name = "--subnormals",
                            .takes = one_of({"flush", "keep"}),
                            .help = "floats below 1.2e-38: count as zero, or slow everything down"});
  }

  template <class Self, class Visit>
  static void visit_output(Self& self, const Visit& visit) {
    visit(self.out, {.name = "--out",
                     .takes = {"DIR"},
                     .help = "write results.json, steps.csv and report.html into this directory",
                     .decisive = false});
    visit(self.save_weights, {.name = "--save-weights",
                              .help = "write the weights there, too: init.safetensors, LABEL_final.safetensors",
                              .needs = "--out",
                              .decisive = false});
    visit(self.plots, {.name = "--plots",
                       .help = "write pictures there, too: SVG files for a paper",
                       .needs = "--out",
                       .decisive = false});
    visit(self.profile, {.name = "--profile",
                         .help = "show where the time of an epoch goes: by stage, summed over the phases",
                         .decisive = false});
    visit(self.trace, {.name = "--trace",
                       .takes = {"FILE"},
                       .help = "write 20 steps of the first run, after 5 to warm up, to this JSON file for "
                               "ui.perfetto.dev",
                       .decisive = false});
    visit(self.tensorboard, {.name = "--tensorboard",
                             .takes = {"DIR"},
                             .help = "write event files for TensorBoard into this directory",
                             .decisive = false});
    visit(self.checkpoint, {.name = "--checkpoint",
                            .takes = {"DIR"},
                            .help = "save each run in this directory, also when it is stopped",
                            .decisive = false});
    visit(self.checkpoint_every, {.name = "--checkpoint-every",
                                  .takes = whole_number_or("epoch", 1, kMany),
                                  .help = "save it after each N steps, or after each epoch",
                                  .needs = "--checkpoint",
                                  .decisive = false});
    visit(self.resume,
          {.name = "--resume", .help = "go on from what is saved there", .needs = "--checkpoint", .decisive = false});
    visit(self.log_level, {.name = "--log-level",
                           .takes = one_of({"debug", "info", "warning", "error", "off"}),
                           .help = "which log lines go to standard error",
                           .decisive = false});
    visit(self.quiet, {.name = "--quiet", .help = "print the tables at the end and nothing before", .decisive = false});
    visit(self.no_progress, {.name = "--no-progress", .help = "no progress bar", .decisive = false});
  }
};

}  // namespace gradrace
