#pragma once
/// The published sets of 28x28 grey images in ten classes: MNIST, and two made to take its place.

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "engine/data/idx.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// A published file; on disk and on mirrors it usually is `name`.gz.
struct KnownFile {
  std::string_view name;
  IdxKind kind;
  Index bytes;  ///< uncompressed
  /// Of the uncompressed data, because .gz files exist in several compressions; of the .gz file as it is published
  /// where no other is known.
  std::string_view sha256;

  /// Whether this is what was read.
  bool is(const IdxFile& file) const { return sha256 == file.sha256 || sha256 == file.stored_sha256; }
};

enum MnistFile { kTrainImages, kTrainLabels, kTestImages, kTestLabels };

/// Four files, indexed by MnistFile, whose names are the same in all sets.
struct KnownSet {
  std::string_view name;         ///< as --dataset takes it; of its cache directory, too
  std::string_view title;        ///< for people
  std::string_view torchvision;  ///< of its directory there
  std::array<KnownFile, 4> files;
  std::span<const std::string_view> mirrors;  ///< base URLs, in the order in which they are tried
};

inline constexpr std::string_view kMnistMirrors[] = {"https://ossci-datasets.s3.amazonaws.com/mnist",
                                                     "https://storage.googleapis.com/cvdf-datasets/mnist"};
inline constexpr std::string_view kFashionMnistMirrors[] = {
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion"};
inline constexpr std::string_view kKmnistMirrors[] = {"http://codh.rois.ac.jp/kmnist/dataset/kmnist"};

/// MNIST is the first. The .gz checksums are those of TensorFlow Datasets.
inline constexpr std::array<KnownSet, 3> kKnownSets = {{
    {"mnist",
     "MNIST",
     "MNIST",
     {{{"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
       {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
       {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
       {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}},
     kMnistMirrors},
    {"fashion-mnist",
     "Fashion-MNIST",
     "FashionMNIST",
     {{{"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
       {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
       {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
       {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}},
     kFashionMnistMirrors},
    {"kmnist",
     "KMNIST",
     "KMNIST",
     {{{"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"},
       {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"},
       {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"},
       {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"}}},
     kKmnistMirrors},
}};
inline constexpr const KnownSet& kMnist = kKnownSets[0];
inline constexpr const std::array<KnownFile, 4>& kMnistFiles = kMnist.files;

/// The set of that name; null if there is none.
constexpr const KnownSet* find_known_set(std::string_view name) {
  for (const KnownSet& set : kKnownSets)
    if (set.name == name) return &set;
  return nullptr;
}

}  // namespace gradrace
