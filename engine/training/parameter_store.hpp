#pragma once
/// The parameters of a model and the optimizer's state: an array of values and one for each state, all cut up alike.
/// Outside stand PyTorch's names, shapes and order, inside panel matrices; this is the border between them.

#include <span>
#include <string>
#include <vector>

#include "engine/base/memory.hpp"
#include "engine/base/named_tensor.hpp"
#include "engine/base/random.hpp"
#include "engine/plan/parameter.hpp"

namespace gradrace {

class ParameterStore {
 public:
  /// initial_state: what all elements of each state array begin as; memory: where the arrays lie once all is planned
  /// and memory is there. Must outlive the store.
  ParameterStore(std::vector<float> initial_state, const Memory& memory)
      : initial_state_(std::move(initial_state)), memory_(memory) {}

  /// Planning: takes a parameter in and returns where its values will lie; after the last one, books the arrays.
  Slot add(Parameter parameter);
  void book(Plan& plan);

  const std::vector<Parameter>& parameters() const { return parameters_; }
  Index floats() const { return floats_; }  ///< of one array
  Index states() const { return std::ssize(initial_state_); }
  /// A parameter's panel matrix in array 0, the values, or array k + 1, the k-th state.
  float* at(Index array, const Parameter& p) const { return memory_.at(arrays_) + array * floats_ + p.offset; }

  /// Draws initial values as PyTorch's modules do when they are made, in the order added.
  std::vector<NamedTensor> initial_values(Generator& generator) const;
  /// Sets the values (names, shapes and order as parameters()); throws data_error naming the first that differs. State
  /// begins anew.
  void load(std::span<const NamedTensor> tensors);
  std::vector<NamedTensor> values() const;
  /// The state arrays: state.0.PARAMETER, ..., state.1.PARAMETER, ...; and a way to set them, which throws
  /// data_error as load does.
  std::vector<NamedTensor> state() const;
  void load_state(std::span<const NamedTensor> tensors);

 private:
  // `prefix` comes before the parameters' names.
  void append(Index array, const std::string& prefix, std::vector<NamedTensor>& tensors) const;
  void set(Index array, const std::string& prefix, std::span<const NamedTensor> tensors, const char* what);

  std::vector<float> initial_state_;
  const Memory& memory_;
  std::vector<Parameter> parameters_;
  Index floats_ = 0;
  Slot arrays_;
};

}  // namespace gradrace
