#pragma once
/// `digits`: a stand-in for MNIST that needs no files. The program draws handwriting-like digits itself.

#include "engine/data/image_set.hpp"

namespace gradrace {

enum class DigitsPart { kTrain, kTest };

inline constexpr Index kDigitsTrain = 60000, kDigitsTest = 10000;

/// Draws kDigitsTrain or kDigitsTest images of 28x28 pixels, of MNIST's size, weight and brightness on a background of
/// zeros. The two parts share no image. The bytes are the same on every machine: only integers, float + - * / and sqrt
/// are used, which IEEE 754 defines exactly.
ImageSet draw_digits(DigitsPart part);

}  // namespace gradrace
