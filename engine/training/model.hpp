#pragma once
/// A network with memory: layers planned for a largest batch, parameters and optimizer state in one piece each.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/files/safetensors.hpp"
#include "engine/optimizers/optimizer.hpp"
#include "engine/training/network.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// Plans and owns everything that training with one optimizer needs, and runs the two phases of a step for one worker.
/// Which samples a worker has is the trainer's business.
class Model {
 public:
  /// Throws usage_error if the layers do not fit together. batch: the most samples in a step; optimizer: must outlive
  /// the model, and is null where nobody trains; max_norm: that of all gradients together, above which they are scaled
  /// down to it.
  Model(const Network& network, const KernelChoice& choice, const kernels::Isa& isa, Index workers, Index batch,
        Optimizer* optimizer, std::optional<double> max_norm = {});
  ~Model();

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<std::string>& layers() const { return names_; }  ///< as the user knows them, in order
  Index batch() const { return batch_; }
  Index outputs() const { return shapes_.back().floats(); }

  /// For reports: layer and kernels, of the layers that have a choice.
  std::vector<std::pair<std::string, std::string>> kernels_used() const;

  /// Draws initial values as PyTorch's modules do when they are made, in the order of the layers.
  std::vector<NamedTensor> initial_values(Generator& generator) const;
  /// Sets the parameters (names, shapes and order as parameters()); throws data_error naming the first that differs.
  /// Optimizer state begins anew.
  void load(std::span<const NamedTensor> values);
  std::vector<NamedTensor> values() const;
  /// The optimizer's arrays, cut up like the parameters: state.0.<parameter>, ..., state.1.<parameter>, ...; and a way
  /// to set them, which throws data_error as load does.
  std::vector<NamedTensor> optimizer_state() const;
  void load_optimizer_state(std::span<const NamedTensor> state);
  /// The name of the first parameter that holds a NaN or an infinity; empty if all are finite.
  std::string first_not_finite() const;

  Context context(Index worker, Index batch, bool training) const;
  void draw(const Context& context, Generator& generator, DropoutStream stream);

  /// Where sample s's input goes and its output comes from, and where the loss leaves the output's gradient.
  float* input(Index sample) const { return activation(0)[sample]; }
  const float* output(Index sample) const { return activation(layers_.size())[sample]; }
  float* output_gradient(Index sample) const { return gradient(layers_.size(), 0)[sample]; }

  /// Sample phase, for the samples of whole groups (there may be none); all workers call these two at once and wait for
  /// each other at layers that they share out. `gather(s)` fills input(s) just before it is needed.
  template <class Gather>
  void forward(const Context& context, const kernels::Worker& worker, Range samples, const Gather& gather) const {
    if (!samples.empty()) prepare(context);
    for (Index s = samples.begin; s < samples.end; ++s) {
      gather(s);
      context.lap(kGather);
      forward_layers(context, {s, s + 1}, {0, head_});
    }
    forward_head(context, worker, samples);
  }
  void backward(const Context& context, const kernels::Worker& worker, Range samples) const;

  /// Parameter phase: this worker's share of all parameters. Gradient, update and derived memory block by block, while
  /// they are in cache. With a max_norm all gradients are formed first, and a barrier waits for their norm; matrices of
  /// an optimizer that is not elementwise come last, all together.
  void update(const Context& context, const kernels::Worker& worker) const;

 private:
  class LayerPlanner;
  struct Owned {  // which layer a parameter belongs to
    std::size_t layer;
    Index index;
  };

  Index backward_stage(Index layer) const;
  void prepare(const Context& context) const;
  void forward_head(const Context& context, const kernels::Worker& worker, Range samples) const;
  void forward_layers(const Context& context, Range samples, Range layers) const;
  void backward_layers(const Context& context, Range samples, Range layers) const;
  void plan_activations();
  template <class Body>
  void for_each_block(const kernels::Worker& worker, const Body& body) const;
  void plan_gradients();
  bool is_updated_whole(const Parameter& parameter) const;
  std::span<float> gradient_block(const Context& context, std::size_t parameter, Range panels) const;
  void form_gradient(const Context& context, std::size_t parameter, Range panels, std::span<float> gradient) const;
  float form_and_measure(const Context& context, const kernels::Worker& worker) const;
  void update_block(const Context& context, std::size_t parameter, Range panels, std::span<const float> gradient) const;
  void update_matrices(const Context& context, const kernels::Worker& worker) const;
  void refresh_all() const;
  // Array 0 holds the values, array k + 1 the optimizer's k-th state; `prefix` comes before the parameters' names.
  void append(Index array, const std::string& prefix, std::vector<NamedTensor>& tensors) const;
  void set(Index array, const std::string& prefix, std::span<const NamedTensor> tensors, const char* what);
  Index states() const { return std::ssize(initial_state_); }
  Activations activation(std::size_t i) const;              // input of layer i; i == layers: the output
  Activations gradient(std::size_t i, Index worker) const;  // of activation i

  KernelChoice choice_;
  kernels::Isa isa_;
  Index batch_;
  Optimizer* optimizer_;
  std::vector<float> initial_state_;  // of the optimizer's arrays
  Plan plan_;
  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<std::string> names_;    // of the layers
  std::vector<Shape> shapes_;         // of activation i
  std::vector<std::size_t> storage_;  // the activation in whose memory activation i lies (in-place layers)
  std::vector<Slot> activations_, gradients_;
  Index head_ = 0;  // the first layer that wants all samples; those before run sample by sample
  std::vector<Parameter> parameters_;
  std::vector<Owned> owners_;
  Index parameter_floats_ = 0;
  Slot persistent_;
  std::optional<double> max_norm_;
  bool all_gradients_ = false;          // kept for the whole step; else each worker keeps those of a block
  Slot parameter_gradient_;             // of all, or of a block
  std::vector<MatrixArrays> matrices_;  // that the optimizer updates as a whole
  Index panels_ = 0;                    // of all parameters
  std::unique_ptr<double[]> squares_;   // with max_norm_: of each panel's gradients, their sum
  std::unique_ptr<Memory> memory_;
};

}  // namespace gradrace
