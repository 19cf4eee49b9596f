#include "engine/data/dataset.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "engine/data/digits.hpp"
#include "engine/data/directory.hpp"
#include "engine/data/sha256.hpp"
#include "engine/error.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

const fs::path kTorchvisionLayout = fs::path("MNIST") / "raw";

Dataset digits_dataset(const std::string& reason) {
  Dataset data{.name = "digits", .directory = {}, .notice = {}, .train = {}, .test = {}, .sha256 = {}};
  data.notice = fmt::format(
      "This is not MNIST: the race runs on 'digits', images that the program draws itself, because {}.", reason);
  const auto checksums = [&](const ImageSet& set, MnistFile images, MnistFile labels) {
    data.sha256.emplace(kMnistFiles[images].name, sha256({idx_header({set.count, set.height, set.width}), set.pixels}));
    data.sha256.emplace(kMnistFiles[labels].name, sha256({idx_header({set.count}), set.labels}));
  };
  data.train = draw_digits(DigitsPart::kTrain);
  checksums(data.train, kTrainImages, kTrainLabels);
  data.test = draw_digits(DigitsPart::kTest);
  checksums(data.test, kTestImages, kTestLabels);
  return data;
}

/// Reads the four files; those whose checksums are not MNIST's are added to `unknown`.
Dataset read_directory(const fs::path& directory, std::vector<std::string>& unknown) {
  const auto paths = find_files(directory);
  Dataset data{.name = "mnist", .directory = directory.string(), .notice = {}, .train = {}, .test = {}, .sha256 = {}};
  const auto read = [&](MnistFile file) {
    const KnownFile& known = kMnistFiles[file];
    if (paths[file].empty()) {
      throw data_error("{}: expected the file {}.gz or {}, found neither", directory.string(), known.name, known.name);
    }
    IdxFile idx = read_idx(paths[file], known.kind);
    if (idx.sha256 != known.sha256) unknown.push_back(paths[file].filename().string());
    data.sha256.emplace(known.name, idx.sha256);
    return idx;
  };
  IdxFile train_images = read(kTrainImages);
  data.train = join_images_and_labels(std::move(train_images), read(kTrainLabels));
  IdxFile test_images = read(kTestImages);
  data.test = join_images_and_labels(std::move(test_images), read(kTestLabels));
  if (data.test.height != data.train.height || data.test.width != data.train.width) {
    throw data_error("{}: expected test images of {}x{} pixels, the size of the training images, found {}x{}",
                     paths[kTestImages].string(), data.train.height, data.train.width, data.test.height,
                     data.test.width);
  }
  return data;
}

/// A directory that the user chose: custom files are welcome.
Dataset load_chosen(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) throw data_error("{}: there is no such directory", directory.string());
  const fs::path below = directory / kTorchvisionLayout;
  const bool use_below = find_files(directory) == std::array<fs::path, 4>{} && fs::is_directory(below, error);
  std::vector<std::string> unknown;
  Dataset data = read_directory(use_below ? below : directory, unknown);
  if (!unknown.empty()) {
    data.name = "custom";
    data.notice =
        fmt::format("This is not MNIST but a custom set: in {}, files have an unknown checksum:", data.directory);
    for (const std::string& name : unknown) data.notice += " " + name;
  }
  return data;
}

/// A directory that the search came upon: it holds MNIST or is an error.
Dataset load_found(const fs::path& directory) {
  std::vector<std::string> unknown;
  Dataset data = read_directory(directory, unknown);
  if (!unknown.empty()) {
    throw data_error(
        "{}: the checksum is not MNIST's; remove the file, or choose its directory explicitly to use it as it is",
        (directory / unknown.front()).string());
  }
  return data;
}

Dataset search(const DataOptions& options) {
  const fs::path cache = cache_directory();
  const auto complete = [](const fs::path& directory) {
    return !directory.empty() && std::ranges::none_of(find_files(directory), &fs::path::empty);
  };
  for (const fs::path& directory : {cache, "data" / kTorchvisionLayout}) {
    if (complete(directory)) return load_found(directory);
  }
  if (cache.empty()) {
    throw failure("there is no cache directory to download into: set HOME, or choose a data directory explicitly");
  }
  fetch_mnist(cache, options);
  return load_found(cache);
}

}  // namespace

Dataset load_dataset(const DataOptions& options) {
  if (options.dataset != "auto" && options.dataset != "mnist" && options.dataset != "digits") {
    throw usage_error("unknown dataset '{}': expected auto, mnist or digits", options.dataset);
  }
  if (options.dataset == "digits") {
    if (!options.directory.empty()) throw usage_error("the dataset 'digits' is drawn, not read from a directory");
    return digits_dataset("that was asked for");
  }
  const char* environment = std::getenv("GRADRACE_DATA_DIR");
  const std::string chosen = options.directory.empty() && environment ? environment : options.directory;
  if (!chosen.empty()) return load_chosen(chosen);
  try {
    return search(options);
  } catch (const NetworkError& error) {
    if (options.dataset == "mnist") throw;
    return digits_dataset(error.what());
  }
}

}  // namespace gradrace
