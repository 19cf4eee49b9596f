#pragma once
/// The room data/: labelled images. A set is found, downloaded or drawn (this file, directory.hpp, download.hpp,
/// digits.hpp), read from IDX or CIFAR-10 files, checked against published checksums (known_sets.hpp), and handed out in
/// PyTorch's batches (batches.hpp), normalized as they are gathered (normalization.hpp). Images stay bytes.
///
/// The images that a race runs on: finding them, fetching them, and what to do when that fails.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/download.hpp"
#include "engine/data/image_set.hpp"
#include "engine/data/normalization.hpp"

namespace gradrace {

/// A training and a test set of images of one size, and perhaps images that were held out of the former for validation.
struct Dataset {
  std::string name = {};       ///< a known set's (known_sets.hpp), "digits", or "custom" (files with other checksums)
  std::string directory = {};  ///< where the files were; empty for digits
  std::string notice = {};     ///< empty, or the sentence, to be shown loudly, that says that this is not MNIST and why
  ImageSet train = {}, test = {}, validation = {};
  std::vector<std::string> class_names = {};  ///< of the first classes; those without one go by their number
  Normalization normalization = {};
  std::map<std::string, std::string> sha256 = {};  ///< of the uncompressed files, by name without .gz
};

/// What to load. The members of DownloadOptions say how to download it.
struct DataOptions : DownloadOptions {
  std::string dataset = "auto";  ///< "auto", a known set's name or "digits"
  /// Where to look, and nowhere else: this directory or torchvision's layout in it. Empty: the environment variable
  /// GRADRACE_DATA_DIR names such a directory; if that is empty too, search.
  std::string directory;
  std::optional<Index> classes;  ///< how many, at most kMostClasses, if not as many as the labels tell
  /// For normalising: one number or one for each channel; deviations above 0. Empty: the set's published number, which
  /// a custom set of its size takes over, or what the training images have.
  std::vector<double> mean, deviation;
};

/// What DataOptions::dataset can be.
std::vector<std::string> dataset_names();

/// Loads the data. The search goes through the cache and torchvision's layout (./data/MNIST/raw,
/// ./data/cifar-10-batches-bin), then downloads into the cache; "auto" is MNIST and falls back to digits if the network
/// fails, a known set never does. Files with unknown checksums are taken from an explicit directory only, another known
/// set than was asked for by name not even from there. Throws an Error: exit code 2 for an unknown dataset, a mirror
/// without HTTPS, too few classes for digits, or numbers for normalising that do not go with the images, 5 for missing,
/// damaged or unexpected files, 1 if the download cannot be written.
Dataset load_dataset(const DataOptions& options);

}  // namespace gradrace
