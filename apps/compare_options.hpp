#pragma once
/// The options of `gradrace compare`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "engine/findings/sweep.hpp"

namespace gradrace {

struct CompareOptions {
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
  std::optional<Index> train_limit, test_limit;  ///< images; none: all
  std::optional<Index> validation;               ///< images; none: a sixth if there is a sweep
  Index threads = kernels::default_threads();
  std::string isa = "auto", subnormals = "flush";
  std::string conv = "auto", backward = "auto", fuse = "on";
  std::string out;  ///< directory; empty: no files
  bool save_weights = false, plots = false;
  std::string tensorboard;  ///< directory; empty: no event files
  bool profile = false;     ///< show where the time went
  std::string trace;        ///< file; empty: none
  std::string checkpoint;   ///< directory; empty: none
  bool resume = false;
  std::string log_level = "warning";
  bool quiet = false, no_progress = false;

  /// Lets `command` fill the members from its command line.
  void add_to(CLI::App& command);

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
  std::vector<std::uint64_t> all_seeds() const;
  void add_training(CLI::App& command);
  void add_data(CLI::App& command);
  void add_machine(CLI::App& command);
  void add_output(CLI::App& command);
};

}  // namespace gradrace
