#pragma once
/// One layer with memory of its own, run as a model runs it: by a team of workers, sample phase and parameter phase.
/// Everything that the layer must not read or write holds a mark that no computation produces.

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/layers/layer.hpp"
#include "tests/support.hpp"

namespace gradrace {

/// What a layer makes of a batch: y and dx are dense, gradients in PyTorch's order.
struct LayerStep {
  std::vector<float> y, dx;
  std::vector<std::vector<float>> gradients;
};

struct LayerSetting {
  Index batch = 5;    ///< the most samples
  Index workers = 1;  ///< that share them
  bool in_place = false;
  bool input_gradient = true;  ///< wanted
  bool training = true;
  kernels::Isa isa = kernels::Isa::best();
  KernelChoice choice = {};
};

class SingleLayer {
 public:
  /// Throws usage_error as the layer's plan does.
  SingleLayer(const Spec& spec, const Shape& input, const LayerSetting& setting)
      : setting_(setting),
        input_(input),
        team_({.threads = setting.workers, .subnormals = kernels::Subnormals::kKeep}),
        plan_(setting.workers) {
    Options options = spec.options;
    layer_ = LayerRegistry::instance().make(spec.name, options);
    Planner planner(*this);
    output_ = layer_->plan("it", input, planner);
    plan_.book(Lifetime::kPersistent, parameter_floats_);
    in_ = plan_.book(Lifetime::kStep, setting.batch * stride(input_));
    out_ = setting.in_place ? in_ : plan_.book(Lifetime::kStep, setting.batch * stride(output_));
    d_out_ = plan_.book(Lifetime::kStep, setting.batch * stride(output_));
    d_in_ = setting.in_place ? d_out_ : plan_.book(Lifetime::kStep, setting.batch * stride(input_));
    for (const Parameter& p : parameters_) gradients_.emplace_back(std::size_t(p.layout.floats()));
    memory_ = std::make_unique<Memory>(plan_);
  }

  const Layer& layer() const { return *layer_; }
  const Shape& input() const { return input_; }
  const Shape& output() const { return output_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  /// Element i, in PyTorch's order, of a parameter; refresh() follows changes.
  float& value(std::size_t parameter, Index i) {
    const Parameter& p = parameters_[parameter];
    return memory_->at({Lifetime::kPersistent, p.offset, p.layout.floats(), 0})[p.place(i)];
  }
  void refresh() {
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      layer_->refresh(context(0, setting_.batch), Index(p), {0, parameters_[p].layout.panels()});
  }
  /// Small random values, the same for all layers with the same parameters.
  void draw_values() {
    Generator generator(3);
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      for (Index i = 0; i < parameters_[p].count(); ++i) value(p, i) = generator.uniform24() - 0.5f;
    refresh();
  }

  /// The outputs of x, dense; its samples may be fewer than the batch. Random draws are always the same.
  std::vector<float> forward(const std::vector<float>& x) {
    begin(x);
    team_.run([this](kernels::Worker worker) noexcept { forward(worker); });
    return dense(out_, output_);
  }

  /// Forward and backward and the gradients of all parameters.
  LayerStep step(const std::vector<float>& x, const std::vector<float>& dy) {
    LayerStep result;
    result.y = forward(x);
    spoil_what_backward_must_not_read();
    spread(dy, d_out_, output_);
    if (!setting_.in_place) mark(d_in_);
    team_.run([this](kernels::Worker worker) noexcept { backward(worker); });
    if (setting_.input_gradient) result.dx = dense(d_in_, input_);
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      result.gradients.emplace_back();
      for (Index i = 0; i < parameters_[p].count(); ++i)
        result.gradients.back().push_back(gradients_[p][std::size_t(parameters_[p].place(i))]);
    }
    return result;
  }

  /// The phases once more, on the data of the step before; they allocate nothing.
  void repeat() {
    team_.run([this](kernels::Worker worker) noexcept {
      forward(worker);
      worker.barrier();
      backward(worker);
    });
  }

  /// Floats from one sample to the next: an odd number of cache lines, as a model has it.
  static Index stride(const Shape& shape) { return (divide_up(shape.floats(), kPanel) | 1) * kPanel; }

 private:
  class Planner final : public LayerPlan {
   public:
    explicit Planner(SingleLayer& self) : self_(self) {}
    Slot book(Lifetime lifetime, Index floats) override {
      return lifetime == Lifetime::kScratch ? book_per_worker(lifetime, floats) : self_.plan_.book(lifetime, floats);
    }
    Slot book_per_worker(Lifetime lifetime, Index floats) override {
      return self_.plan_.book_per_worker(lifetime, floats);
    }
    Slot add(Parameter parameter) override {
      parameter.offset = self_.parameter_floats_;
      self_.parameter_floats_ += parameter.layout.floats();
      self_.parameters_.push_back(parameter);
      return {Lifetime::kPersistent, parameter.offset, parameter.layout.floats(), 0};
    }
    Index batch() const override { return self_.setting_.batch; }
    const KernelChoice& choice() const override { return self_.setting_.choice; }

   private:
    SingleLayer& self_;
  };

  Context context(Index worker, Index samples) const {
    return {.isa = setting_.isa,
            .memory = memory_.get(),
            .worker = worker,
            .workers = plan_.workers(),
            .batch = samples,
            .together = layer_->samples_together(),
            .training = setting_.training};
  }
  Activations activations(const Slot& slot, const Shape& shape) const { return {memory_->at(slot), stride(shape)}; }
  /// Calls body for all samples of the worker at once, or for one after the other, as the layer wants them.
  template <class Body>
  void for_samples(const kernels::Worker& worker, const Body& body) const {
    const Range mine = context(worker.index(), samples_).samples_of(worker.index());
    if (!layer_->wants_all_samples())
      for (Index s = mine.begin; s < mine.end; ++s) body(Range{s, s + 1});
    else if (!mine.empty())
      body(mine);
  }

  void begin(const std::vector<float>& x) {
    samples_ = Index(x.size()) / input_.floats();
    spread(x, in_, input_);
    if (!setting_.in_place) mark(out_);
    Generator generator(7);
    if (setting_.training) layer_->draw(context(0, samples_), generator, DropoutStream::kMt19937);
  }

  void forward(const kernels::Worker& worker) const {
    const Context here = context(worker.index(), samples_);
    const Activations in = activations(in_, input_), out = activations(out_, output_);
    layer_->prepare(here);
    if (const Index parts = layer_->shared_parts(); parts > 0) {
      layer_->forward_parts(here, worker.share_of(parts), in);
      worker.barrier();
    }
    for_samples(worker, [&](Range samples) { layer_->forward(here, samples, in, out); });
  }

  void backward(const kernels::Worker& worker) {
    const Context here = context(worker.index(), samples_);
    const Activations in = activations(in_, input_), out = activations(out_, output_);
    const Activations d_out = activations(d_out_, output_);
    const Activations d_in = setting_.input_gradient ? activations(d_in_, input_) : Activations{};
    if (const Index parts = layer_->shared_parts(); parts > 0)
      layer_->backward_parts(here, worker.share_of(parts), in, d_out, d_in);
    else
      for_samples(worker, [&](Range samples) { layer_->backward(here, samples, in, out, d_out, d_in); });
    worker.barrier();
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (const Range panels = parameters_[p].panels_of(worker); !panels.empty())
        layer_->parameter_gradient(here, Index(p), panels, in, layer_->wants_all_samples() ? d_out : Activations{},
                                   gradients_[p].data() + panels.begin * parameters_[p].layout.rows * kPanel);
  }

  void spoil_what_backward_must_not_read() {
    const Layer::Reads reads = layer_->backward_reads();
    if (!reads.input && !setting_.in_place) mark(in_);
    if (!reads.output) mark(out_);
  }
  void mark(const Slot& slot) const { std::fill_n(memory_->at(slot), slot.floats, kernels::kUntouched); }
  void spread(const std::vector<float>& dense, const Slot& slot, const Shape& shape) const {
    mark(slot);
    for (Index s = 0; s < samples_; ++s)
      std::copy_n(dense.begin() + s * shape.floats(), shape.floats(), activations(slot, shape)[s]);
  }
  /// What was written, which is all of the samples and nothing besides.
  std::vector<float> dense(const Slot& slot, const Shape& shape) const {
    std::vector<float> values;
    for (Index i = 0; i < slot.floats; ++i) {
      const float v = memory_->at(slot)[i];
      const bool inside = i % stride(shape) < shape.floats() && i / stride(shape) < samples_;
      const bool touched = std::bit_cast<std::uint32_t>(v) != std::bit_cast<std::uint32_t>(kernels::kUntouched);
      if (touched != inside) ADD_FAILURE() << "float " << i << (inside ? " is not written" : " is none of the layer's");
      if (inside) values.push_back(v);
    }
    return values;
  }

  LayerSetting setting_;
  Shape input_, output_;
  kernels::Team team_;
  Plan plan_;
  std::unique_ptr<Layer> layer_;
  std::vector<Parameter> parameters_;
  Index parameter_floats_ = 0, samples_ = 0;
  Slot in_, out_, d_out_, d_in_;
  std::vector<std::vector<float>> gradients_;  // panel matrices
  std::unique_ptr<Memory> memory_;
};

}  // namespace gradrace
