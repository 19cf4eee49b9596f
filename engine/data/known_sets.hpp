#pragma once
/// The published sets: MNIST, two made to take its place, and CIFAR-10. What they consist of, where they are to be had,
/// and what is known of them.

#include <array>
#include <span>
#include <string_view>

#include "engine/data/checksums.hpp"
#include "engine/data/cifar.hpp"
#include "engine/data/idx.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// How a set's files are laid out: IDX, two for training and two for testing under the names of MNIST's; or CIFAR-10's
/// records, data_batch_1.bin and so on for training and test_batch.bin.
enum class Format { kIdx, kCifar };

/// A published file; on disk it is `name` or `name`.gz.
struct KnownFile {
  std::string_view name;
  IdxKind kind;  ///< of an IDX file
  Index bytes;   ///< uncompressed
  /// Of the uncompressed data, because .gz files exist in several compressions; of the .gz file as it is published
  /// where no other is known.
  std::string_view sha256;

  /// Whether this is what was read.
  bool is(const Checksums& file) const { return sha256 == file.content || sha256 == file.stored; }
};

/// A published .tar.gz with all files of a set in a folder.
struct KnownArchive {
  std::string_view name, folder;
  Index bytes;
  std::string_view sha256;  ///< of the archive itself
};

enum MnistFile { kTrainImages, kTrainLabels, kTestImages, kTestLabels };

struct KnownSet {
  std::string_view name;   ///< as --dataset takes it; of its cache directory, too
  std::string_view title;  ///< for people
  Format format;
  std::string_view torchvision;               ///< the folder in a data directory of torchvision's where the files lie
  std::span<const KnownFile> files;           ///< of IDX files by MnistFile, of CIFAR-10's those for training first
  std::span<const std::string_view> mirrors;  ///< base URLs, in the order in which they are tried
  const KnownArchive* archive = nullptr;      ///< null: each file is there by itself, as name.gz
  std::span<const std::string_view> classes = {};  ///< their names; empty: they have none but their numbers
};

inline constexpr std::string_view kMnistMirrors[] = {"https://ossci-datasets.s3.amazonaws.com/mnist",
                                                     "https://storage.googleapis.com/cvdf-datasets/mnist"};
inline constexpr std::string_view kFashionMnistMirrors[] = {
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion"};
inline constexpr std::string_view kKmnistMirrors[] = {"https://codh.rois.ac.jp/kmnist/dataset/kmnist"};
inline constexpr std::string_view kCifar10Mirrors[] = {
    "https://www.cs.toronto.edu/~kriz", "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10"};

inline constexpr std::string_view kFashionMnistClasses[] = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
inline constexpr std::string_view kCifar10Classes[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                       "dog",      "frog",       "horse", "ship", "truck"};

/// Those of MNIST, Fashion-MNIST and KMNIST: 60,000 and 10,000 images of 28x28. The .gz checksums are those of
/// TensorFlow Datasets.
inline constexpr KnownFile kMnistFiles[] = {{"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
                                             "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
                                            {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
                                             "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
                                            {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
                                             "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
                                            {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
                                             "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}};
inline constexpr KnownFile kFashionMnistFiles[] = {
    {"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
     "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
    {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
     "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
    {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
     "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
    {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
     "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}};
inline constexpr KnownFile kKmnistFiles[] = {{"train-images-idx3-ubyte", IdxKind::kImages, 47040016,
                                              "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"},
                                             {"train-labels-idx1-ubyte", IdxKind::kLabels, 60008,
                                              "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"},
                                             {"t10k-images-idx3-ubyte", IdxKind::kImages, 7840016,
                                              "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"},
                                             {"t10k-labels-idx1-ubyte", IdxKind::kLabels, 10008,
                                              "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"}};
inline constexpr KnownFile kCifar10Files[] = {
    {"data_batch_1.bin", {}, 30730000, "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
    {"data_batch_2.bin", {}, 30730000, "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
    {"data_batch_3.bin", {}, 30730000, "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
    {"data_batch_4.bin", {}, 30730000, "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
    {"data_batch_5.bin", {}, 30730000, "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
    {"test_batch.bin", {}, 30730000, "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}};
inline constexpr KnownArchive kCifar10Archive = {"cifar-10-binary.tar.gz", "cifar-10-batches-bin", 170052171,
                                                 "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"};

/// MNIST is the first.
inline constexpr std::array<KnownSet, 4> kKnownSets = {{
    {"mnist", "MNIST", Format::kIdx, "MNIST/raw", kMnistFiles, kMnistMirrors},
    {"fashion-mnist", "Fashion-MNIST", Format::kIdx, "FashionMNIST/raw", kFashionMnistFiles, kFashionMnistMirrors,
     nullptr, kFashionMnistClasses},
    {"kmnist", "KMNIST", Format::kIdx, "KMNIST/raw", kKmnistFiles, kKmnistMirrors},
    {"cifar10", "CIFAR-10", Format::kCifar, "cifar-10-batches-bin", kCifar10Files, kCifar10Mirrors, &kCifar10Archive,
     kCifar10Classes},
}};
inline constexpr const KnownSet& kMnist = kKnownSets[0];

/// The set of that name; null if there is none.
constexpr const KnownSet* find_known_set(std::string_view name) {
  for (const KnownSet& set : kKnownSets)
    if (set.name == name) return &set;
  return nullptr;
}

}  // namespace gradrace
