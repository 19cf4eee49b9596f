#include "engine/training/planned_layers.hpp"

#include <set>

#include "engine/base/label.hpp"

namespace gradrace {
namespace {

/// Passes everything on, and keeps what parameters there are.
class Recorder final : public LayerPlan {
 public:
  Recorder(LayerPlan& plan, std::vector<Parameter>& parameters) : plan_(plan), parameters_(parameters) {}
  Slot book(Lifetime lifetime, Index floats) override { return plan_.book(lifetime, floats); }
  Slot book_per_worker(Lifetime lifetime, Index floats) override { return plan_.book_per_worker(lifetime, floats); }
  Slot add(Parameter parameter) override {
    parameters_.push_back(parameter);
    return plan_.add(std::move(parameter));
  }
  Index batch() const override { return plan_.batch(); }
  const KernelChoice& choice() const override { return plan_.choice(); }

 private:
  LayerPlan& plan_;
  std::vector<Parameter>& parameters_;
};

class WithoutMemory final : public LayerPlan {
 public:
  Slot book(Lifetime, Index) override { return {}; }
  Slot book_per_worker(Lifetime, Index) override { return {}; }
  Slot add(Parameter) override { return {}; }
  Index batch() const override { return 1; }
  const KernelChoice& choice() const override { return choice_; }

 private:
  KernelChoice choice_;
};

/// "state." begins the names of the optimizer's arrays (parameter_store.hpp).
void check_layer_label(const std::string& label) {
  check_label(label);
  if (label.starts_with("state."))
    throw usage_error("label '{}': names that begin with 'state.' are kept for optimizers", label);
}

/// Names for all layers, which no two share.
std::vector<std::string> names_of(const std::vector<Spec>& layers) {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].label.empty()) continue;
    try {
      check_layer_label(layers[i].label);
      if (!taken.insert(layers[i].label).second)
        throw usage_error("an earlier layer has the label '{}' already", layers[i].label);
    } catch (const Error& error) {
      throw usage_error("layer {}: {}", i + 1, error.what());
    }
  }
  std::vector<std::string> names;
  for (const Spec& layer : layers) names.push_back(layer.label.empty() ? free_label(layer.name, taken) : layer.label);
  return names;
}

void expect_at_most(Index most, Index found, const char* what) {
  if (found > most) throw usage_error("expected at most {} {}, found {}", most, what, found);
}

PlannedLayer plan_layer(const Spec& spec, const std::string& name, const Shape& in, LayerPlan& plan) {
  PlannedLayer planned{.name = name, .spec = spec, .layer = nullptr, .in = in, .out = {}, .parameters = {}};
  planned.layer = LayerRegistry::instance().make(spec.name, planned.spec.options);
  Recorder recorder(plan, planned.parameters);
  planned.out = planned.layer->plan(name, in, recorder);
  expect_at_most(kMostActivations, planned.out.floats(), "outputs of a layer");
  return planned;
}

}  // namespace

Index PlannedLayer::parameter_count() const {
  Index count = 0;
  for (const Parameter& parameter : parameters) count += parameter.count();
  return count;
}

std::vector<PlannedLayer> plan_layers(const Network& network, LayerPlan& plan) {
  if (network.layers.empty()) throw usage_error("network {}: there are no layers", network.name);
  expect_at_most(kMostActivations, network.input.floats(), "inputs of a network");
  const std::vector<std::string> names = names_of(network.layers);
  std::vector<PlannedLayer> layers;
  Index parameters = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    try {
      layers.push_back(plan_layer(network.layers[i], names[i], i > 0 ? layers[i - 1].out : network.input, plan));
      expect_at_most(kMostParameters, parameters += layers.back().parameter_count(), "parameters");
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("layer {} ({}): {}", i + 1, network.layers[i].text(), error.what()));
    }
  }
  return layers;
}

std::vector<PlannedLayer> plan_layers(const Network& network) {
  WithoutMemory plan;
  return plan_layers(network, plan);
}

Index parameter_count(const Network& network) {
  Index count = 0;
  for (const PlannedLayer& layer : plan_layers(network)) count += layer.parameter_count();
  return count;
}

}  // namespace gradrace
