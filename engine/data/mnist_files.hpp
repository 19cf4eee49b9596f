#pragma once
/// The four files that make MNIST.

#include <array>
#include <string_view>

#include "engine/data/idx.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// A published file, uncompressed; on disk and on mirrors it usually is `name`.gz.
struct KnownFile {
  std::string_view name;
  IdxKind kind;
  Index bytes;
  std::string_view sha256;
};

enum MnistFile { kTrainImages, kTrainLabels, kTestImages, kTestLabels };

/// Indexed by MnistFile. Checksums are of the uncompressed data: the published .gz files exist in several compressions.
inline constexpr std::array<KnownFile, 4> kMnistFiles = {{
    {"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
     "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
     "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
     "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
     "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}};

}  // namespace gradrace
