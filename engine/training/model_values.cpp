// A model's border: PyTorch's names, shapes and order outside, panel matrices inside.
#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/training/init.hpp"
#include "engine/training/model.hpp"

namespace gradrace {

std::vector<NamedTensor> Model::initial_values(Generator& generator) const {
  std::vector<NamedTensor> tensors;
  for (const Parameter& p : parameters_) {
    tensors.push_back({p.name, p.shape, std::vector<float>(std::size_t(p.count()))});
    draw_initial(generator, p.fan_in, tensors.back().values);
  }
  return tensors;
}

void Model::load(std::span<const NamedTensor> tensors) {
  if (tensors.size() != parameters_.size())
    throw data_error("initial weights: expected {} tensors, found {}", parameters_.size(), tensors.size());
  float* values = memory_->at(persistent_);
  std::fill_n(values, parameter_floats_, 0.0f);
  for (Index k = 0; k < states(); ++k)
    std::fill_n(values + (k + 1) * parameter_floats_, parameter_floats_, initial_state_[std::size_t(k)]);
  set(0, "", tensors, "initial weights");
  refresh_all();
}

void Model::load_optimizer_state(std::span<const NamedTensor> tensors) {
  for (Index k = 0; k < states(); ++k) set(k + 1, fmt::format("state.{}.", k), tensors, "optimizer state");
}

void Model::set(Index array, const std::string& prefix, std::span<const NamedTensor> tensors, const char* what) {
  float* values = memory_->at(persistent_) + array * parameter_floats_;
  for (const Parameter& p : parameters_) {
    const std::string name = fmt::format("{}{}", prefix, p.name);
    const auto tensor = std::ranges::find(tensors, name, &NamedTensor::name);
    if (tensor == tensors.end()) throw data_error("{}: tensor {} is missing", what, name);
    if (tensor->shape != p.shape)
      throw data_error("{}: tensor {}: expected shape [{}], found [{}]", what, name, fmt::join(p.shape, ", "),
                       fmt::join(tensor->shape, ", "));
    for (Index i = 0; i < p.count(); ++i) values[p.offset + p.place(i)] = tensor->values[std::size_t(i)];
  }
}

std::vector<NamedTensor> Model::values() const {
  std::vector<NamedTensor> tensors;
  append(0, "", tensors);
  return tensors;
}

std::vector<NamedTensor> Model::optimizer_state() const {
  std::vector<NamedTensor> tensors;
  for (Index k = 0; k < states(); ++k) append(k + 1, fmt::format("state.{}.", k), tensors);
  return tensors;
}

void Model::append(Index array, const std::string& prefix, std::vector<NamedTensor>& tensors) const {
  const float* values = memory_->at(persistent_) + array * parameter_floats_;
  for (const Parameter& p : parameters_) {
    tensors.push_back({fmt::format("{}{}", prefix, p.name), p.shape, std::vector<float>(std::size_t(p.count()))});
    for (Index i = 0; i < p.count(); ++i) tensors.back().values[std::size_t(i)] = values[p.offset + p.place(i)];
  }
}

std::string Model::first_not_finite() const {
  const float* values = memory_->at(persistent_);
  for (const Parameter& p : parameters_)
    for (Index i = 0; i < p.layout.floats(); ++i)
      if (!std::isfinite(values[p.offset + i])) return p.name;
  return {};
}

}  // namespace gradrace
