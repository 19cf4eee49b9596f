#include "engine/training/parameter_store.hpp"

#include <algorithm>

#include "engine/base/error.hpp"

namespace gradrace {

Slot ParameterStore::add(Parameter parameter) {
  parameter.offset = floats_;
  floats_ += parameter.layout.floats();
  parameters_.push_back(std::move(parameter));
  const Parameter& added = parameters_.back();
  return {Lifetime::kPersistent, added.offset, added.layout.floats(), 0};
}

void ParameterStore::book(Plan& plan) {
  arrays_ = plan.book(Lifetime::kPersistent, floats_ * (1 + states()));
  GRADRACE_EXPECT(arrays_.offset, ==, 0);  // layers know their parameters by offsets from there
}

std::vector<NamedTensor> ParameterStore::initial_values(Generator& generator) const {
  std::vector<NamedTensor> tensors;
  for (const Parameter& p : parameters_) {
    tensors.push_back({p.name, p.shape, std::vector<float>(std::size_t(p.count()))});
    p.draw_initial(generator, tensors.back().values);
  }
  return tensors;
}

void ParameterStore::load(std::span<const NamedTensor> tensors) {
  if (tensors.size() != parameters_.size())
    throw data_error("initial weights: expected {} tensors, found {}", parameters_.size(), tensors.size());
  float* values = memory_.at(arrays_);
  std::fill_n(values, floats_, 0.0f);
  for (Index k = 0; k < states(); ++k) std::fill_n(values + (k + 1) * floats_, floats_, initial_state_[std::size_t(k)]);
  set(0, "", tensors, "initial weights");
}

void ParameterStore::load_state(std::span<const NamedTensor> tensors) {
  for (Index k = 0; k < states(); ++k) set(k + 1, fmt::format("state.{}.", k), tensors, "optimizer state");
}

void ParameterStore::set(Index array, const std::string& prefix, std::span<const NamedTensor> tensors,
                         const char* what) {
  for (const Parameter& p : parameters_) {
    const std::string name = fmt::format("{}{}", prefix, p.name);
    const auto tensor = std::ranges::find(tensors, name, &NamedTensor::name);
    if (tensor == tensors.end()) throw data_error("{}: tensor {} is missing", what, name);
    if (tensor->shape != p.shape)
      throw data_error("{}: tensor {}: expected shape [{}], found [{}]", what, name, fmt::join(p.shape, ", "),
                       fmt::join(tensor->shape, ", "));
    float* values = at(array, p);
    for (Index i = 0; i < p.count(); ++i) values[p.place(i)] = tensor->values[std::size_t(i)];
  }
}

std::vector<NamedTensor> ParameterStore::values() const {
  std::vector<NamedTensor> tensors;
  append(0, "", tensors);
  return tensors;
}

std::vector<NamedTensor> ParameterStore::state() const {
  std::vector<NamedTensor> tensors;
  for (Index k = 0; k < states(); ++k) append(k + 1, fmt::format("state.{}.", k), tensors);
  return tensors;
}

void ParameterStore::append(Index array, const std::string& prefix, std::vector<NamedTensor>& tensors) const {
  for (const Parameter& p : parameters_) {
    const float* values = at(array, p);
    tensors.push_back({fmt::format("{}{}", prefix, p.name), p.shape, std::vector<float>(std::size_t(p.count()))});
    for (Index i = 0; i < p.count(); ++i) tensors.back().values[std::size_t(i)] = values[p.place(i)];
  }
}

}  // namespace gradrace
