#pragma once
/// The layers of a network, one on top of the other: their activations and the gradients of these, forward and
/// backward.

#include <string>
#include <utility>
#include <vector>

#include "engine/training/parameter_store.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {

/// Below the head, which begins with the first layer that wants all samples, a sample runs through all layers before
/// the next one comes, so that its activations stay in cache. All functions but the constructor are for training steps:
/// they allocate and throw nothing.
class Stack {
 public:
  /// Makes and plans the layers, for batches of at most `batch` samples. Throws usage_error if they do not fit
  /// together. Parameters go into the store, in the order of the layers; memory: where all lies once it is there. All
  /// must outlive the stack.
  Stack(const Network& network, const KernelChoice& choice, Index batch, Plan& plan, ParameterStore& store,
        const Memory& memory);

  const std::vector<std::string>& names() const { return names_; }  ///< of the layers, as the user knows them
  Index batch() const { return batch_; }
  /// Samples in a row, from a multiple of it on, that must go to one worker.
  Index samples_together() const { return samples_together_; }
  Index inputs() const { return shapes_.front().floats(); }
  Index outputs() const { return shapes_.back().floats(); }
  /// Layer and kernels, of the layers that have a choice.
  std::vector<std::pair<std::string, ConvKernels>> kernels_used() const;

  /// Draws a training step's random numbers, in the order of the layers.
  void draw(const Context& context, Generator& generator, DropoutStream stream);

  /// Where sample s's input goes and its output comes from, and where the loss leaves the output's gradient.
  float* input(Index sample) const { return activation(0)[sample]; }
  const float* output(Index sample) const { return activation(layers_.size())[sample]; }
  float* output_gradient(Index sample) const { return gradient(layers_.size(), 0)[sample]; }

  /// For the samples of a worker (there may be none). All workers call these two at once and wait for each other at
  /// layers that they share out. `gather(s)` fills input(s) just before it is needed.
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

  /// After backward of the whole batch: writes the gradient of some panels of a parameter, by its number in the store.
  void form_gradient(const Context& context, std::size_t parameter, Range panels, float* to) const;
  /// After some panels of a parameter, or all of all, have changed: brings what is derived from them up to date.
  void refresh(const Context& context, std::size_t parameter, Range panels) const;
  void refresh_all(const Context& context) const;

 private:
  struct Owner {  // of a parameter
    std::size_t layer;
    Index index;  // among those of its layer
  };

  void plan_storage();
  void plan_activations(Plan& plan);
  bool may_share(std::size_t i) const;
  Index backward_stage(Index layer) const;
  void prepare(const Context& context) const;
  void forward_head(const Context& context, const kernels::Worker& worker, Range samples) const;
  void forward_layers(const Context& context, Range samples, Range layers) const;
  void backward_layers(const Context& context, Range samples, Range layers) const;
  bool is_whole(std::size_t i) const { return i >= storage_[std::size_t(head_)]; }
  const Layer& layer(std::size_t i) const { return *layers_[i].layer; }
  Activations activation(std::size_t i) const;              // input of layer i; i == layers: the output
  Activations gradient(std::size_t i, Index worker) const;  // of activation i

  Index batch_;
  Index samples_together_ = 1;
  const ParameterStore& store_;
  const Memory& memory_;
  std::vector<PlannedLayer> layers_;
  std::vector<std::string> names_;
  std::vector<Shape> shapes_;         // of activation i
  std::vector<std::size_t> storage_;  // the activation in whose memory activation i lies (in-place layers)
  std::vector<Slot> activations_, gradients_;
  std::vector<Owner> owners_;  // by parameter
  Index head_ = 0;             // the first layer that wants all samples
  Index lowest_ = 0;           // the first layer with parameters: nobody needs gradients below it
};

}  // namespace gradrace
