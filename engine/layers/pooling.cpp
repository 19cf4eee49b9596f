#include "engine/layers/pooling.hpp"

namespace gradrace {

kernels::PoolShape pooling_windows(Options& options, Index largest_kernel) {
  kernels::PoolShape shape;
  shape.x.kernel = options.integer("kernel_size", 2, 1, largest_kernel);
  shape.x.stride = options.integer("stride", shape.x.kernel, 1, 1 << 10);
  shape.x.padding = options.integer("padding", 0, 0, 1 << 10);
  shape.y = shape.x;
  return shape;
}

Shape fit_pooling(const Shape& input, kernels::PoolShape& shape) {
  const kernels::Window& w = shape.x;
  if (2 * w.padding > w.kernel)
    throw usage_error("a padding of {} is more than half a window of {}x{} (the input is {}x{})", w.padding, w.kernel,
                      w.kernel, input.h, input.w);
  shape.in_h = input.h, shape.in_w = input.w, shape.channels = input.c;
  const Shape output{shape.out_h(), shape.out_w(), input.c};
  if (output.h < 1 || output.w < 1)
    throw usage_error("a window of {}x{} does not fit an input of {}x{} with a padding of {}", w.kernel, w.kernel,
                      input.h, input.w, w.padding);
  return output;
}

}  // namespace gradrace
