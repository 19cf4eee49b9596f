#pragma once
/// A parameter tensor and its two faces: PyTorch's name, shape and order at the border, a panel matrix inside.

#include <functional>
#include <string>
#include <vector>

#include "engine/plan/initial.hpp"
#include "kernels/shapes.hpp"
#include "kernels/team.hpp"

namespace gradrace {

struct Parameter {
  std::string name;                   ///< PyTorch's, e.g. "cn1.weight"
  std::vector<Index> shape;           ///< PyTorch's, e.g. [16, 1, 3, 3]
  InitialValues draw_initial;         ///< fills what load() takes, in the order of `shape`
  kernels::PanelMatrix layout;        ///< inside; columns beyond layout.cols are zero and stay zero
  Index grain = 1;                    ///< panels that are not divided between workers
  std::function<Index(Index)> place;  ///< index in PyTorch's row-major order -> offset in the panel matrix
  Index offset = 0;  ///< of the panel matrix among all parameters, in floats; the same in values, gradients and state

  Index count() const {
    Index n = 1;
    for (Index d : shape) n *= d;
    return n;
  }
  /// The panels whose gradient a worker forms and which it updates.
  Range panels_of(const kernels::Worker& worker) const { return worker.share_of(layout.panels(), grain); }
  /// Whether these panels, which begin at `values`, hold neither NaN nor infinity within layout.cols.
  bool all_finite(Range panels, const float* values) const;
};

}  // namespace gradrace
