#include "apps/compare_options.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <fmt/format.h>

#include "engine/files/json.hpp"
#include "engine/files/safetensors.hpp"

namespace gradrace {
void CompareOptions::add_to(Command& command) {
  add_options(command, *this);
  command.parse_complete_callback([this, &command] {
    if (!sweeps.empty() && command.count("--optimizer") == 0) optimizers.clear();
    if (command.count("--threads") == 0) threads = std::min(threads, batch_size);  // a worker has one sample at least
  });
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
  options.network = find_network(network);
  for (const std::string& text : optimizers) options.optimizers.push_back(Spec::parse(text));
  for (Sweep& sweep : parsed_sweeps()) std::ranges::move(sweep.specs, std::back_inserter(options.optimizers));
  options.epochs = epochs;
  options.trainer.batch_size = batch_size;
  options.trainer.test_batch_size = test_batch_size;
  options.trainer.dropout_stream = dropout_stream == "mkl" ? DropoutStream::kMkl : DropoutStream::kMt19937;
  if (conv != "auto") options.trainer.kernels.conv = kernels::conv_method(conv);
  if (backward != "auto") options.trainer.kernels.backward = backward == "dense" ? Backward::kDense : Backward::kSparse;
  options.trainer.fuse = fuse == "on" && backward != "dense";  // fused stages have a sparse backward pass only
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
  if (checkpoint_every != "epoch") options.checkpoint_every = Index(whole_numbers(checkpoint_every).front());
  constexpr Index kTraceSteps = 20;
  if (!trace.empty()) options.trainer.trace_steps = kTraceSteps;
  return options;
}

nlohmann::ordered_json CompareOptions::json() const {
  nlohmann::ordered_json json = options_json(*this);
  json["isa"] = find_isa(isa).name();
  json["seeds"] = all_seeds();
  if (json["seeds"].size() == 1) remove(json, "seeds");
  return json;
}

nlohmann::ordered_json CompareOptions::decisive_json() const {
  nlohmann::ordered_json decisive = json();
  visit(*this, [&decisive](const auto&, const CommandOption& about) {
    if (!about.decisive) remove(decisive, json_key(about));
  });
  if (order == "paired") remove(decisive, "optimizer");  // otherwise those that ran before matter
  return decisive;
}

}  // namespace gradrace
