#pragma once
/// The room layers/: one file for each layer, which registers itself by its name. The names and options are PyTorch's.
/// conv_pool is what the fusion pass makes (training/fusion.hpp); convolution.hpp, sample_sums.hpp, pooling.hpp and
/// elementwise.hpp are what several layers share. tests/layers/ holds whatever is registered to the contract below.
///
/// What a layer is. A layer is written once, plainly, in one file under layers/: it plans its memory and runs serially
/// over a range of samples; who opens threads and in which order layers run is the model's business.

#include <optional>
#include <string>

#include "engine/base/random.hpp"
#include "engine/base/registry.hpp"
#include "engine/plan/context.hpp"
#include "engine/plan/parameter.hpp"

namespace gradrace {

/// What a layer may ask for while planning.
class LayerPlan {
 public:
  virtual ~LayerPlan() = default;
  /// Books memory; step and derived memory is shared by all workers, scratch is each worker's own.
  virtual Slot book(Lifetime lifetime, Index floats) = 0;
  virtual Slot book_per_worker(Lifetime lifetime, Index floats) = 0;
  /// Adds a parameter and returns where its values lie. Values begin as PyTorch's default initialisation.
  virtual Slot add(Parameter parameter) = 0;
  virtual Index batch() const = 0;  ///< the most samples in a batch
  virtual const KernelChoice& choice() const = 0;
};

class Layer {
 public:
  static constexpr const char* kKind = "layer";
  virtual ~Layer() = default;

  /// Checks that the layer fits its input, books memory and adds parameters (named name + ".weight" and so on). Returns
  /// the output's shape. Throws usage_error, which need not say whose it is; the only function that may throw or
  /// allocate.
  virtual Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) = 0;
  /// Whether output and input may be the same memory. They are, unless somebody's backward pass reads the input.
  virtual bool in_place() const { return false; }
  /// Which activations backward and parameter_gradient read; the model keeps those as they were.
  struct Reads {
    bool input = true, output = false;
  };
  virtual Reads backward_reads() const { return {}; }
  /// Samples in a row, from a multiple of it on, that must go to one worker.
  virtual Index samples_together() const { return 1; }
  /// Whether the layer wants all of a worker's samples in one call (its weights are large) rather than one by one.
  virtual bool wants_all_samples() const { return false; }

  /// Parts of the layer's parameters that the workers share out, because these are large: a worker then reads and
  /// updates parameters that no other touches, and activations travel between the workers instead. Only of layers that
  /// want all samples. 0: a worker runs the layer for its own samples by forward and backward alone.
  virtual Index shared_parts() const { return 0; }

  /// Multiply-adds that a forward pass of one sample takes, as the formula stands.
  virtual Index multiply_adds() const { return 0; }

  /// Of a convolution: which of its kernels it runs. No other layer has a choice.
  virtual std::optional<ConvKernels> kernels_used() const { return std::nullopt; }

  /// Draws this step's random numbers; once per training step, in the order of the layers.
  virtual void draw(const Context&, Generator&, DropoutStream) {}
  /// Before a worker's first forward after an update: makes what it derives from parameters as a whole, in memory of
  /// its own.
  virtual void prepare(const Context&) const {}
  /// Of a layer with shared parts, before forward of any sample: computes what some parts contribute to the outputs of
  /// all samples of the batch.
  virtual void forward_parts(const Context&, Range /*parts*/, Activations /*in*/) const {}
  /// Overwrites the outputs of `samples`.
  virtual void forward(const Context&, Range samples, Activations in, Activations out) const = 0;
  /// Overwrites d_in (if wanted) of `samples`, and prepares what parameter_gradient needs. A worker's samples come in
  /// order.
  virtual void backward(const Context&, Range samples, Activations in, Activations out, Activations d_out,
                        Activations d_in) const = 0;
  /// Of a layer with shared parts, instead of backward, by every worker, also one without parts: overwrites the pieces
  /// of d_in (if wanted) of all samples that depend on its parts, and prepares its parameter_gradient.
  virtual void backward_parts(const Context&, Range /*parts*/, Activations /*in*/, Activations /*d_out*/,
                              Activations /*d_in*/) const {}
  /// Writes the gradient of some panels (at least one) of parameter number `index` (in the order added), one panel
  /// after the other, padding columns as zeros. Comes after backward of the whole batch; in and d_out are those of
  /// backward (d_out only of layers that want all samples).
  virtual void parameter_gradient(const Context&, Index /*index*/, Range /*panels*/, Activations /*in*/,
                                  Activations /*d_out*/, float* /*gradient*/) const {}
  /// Brings derived memory up to date after some panels of a parameter have changed.
  virtual void refresh(const Context&, Index /*index*/, Range /*panels*/) const {}
};

using LayerRegistry = Registry<Layer>;

}  // namespace gradrace
