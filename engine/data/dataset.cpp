#include "engine/data/dataset.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/ranges.h>

#include "engine/base/error.hpp"
#include "engine/data/digits.hpp"
#include "engine/data/directory.hpp"
#include "engine/files/sha256.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

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

struct Files {
  fs::path directory;
  std::array<fs::path, 4> paths;
  std::array<IdxFile, 4> contents;

  /// Those that are not the set's, with a space before each.
  std::string not_of(const KnownSet& set) const {
    std::string strangers;
    for (std::size_t i = 0; i < contents.size(); ++i)
      if (!set.files[i].is(contents[i])) strangers += fmt::format(" {}", paths[i].filename().string());
    return strangers;
  }
};

Files read_directory(const fs::path& directory) {
  Files files{directory, find_files(directory), {}};
  for (std::size_t i = 0; i < files.paths.size(); ++i) {
    const KnownFile& file = kMnistFiles[i];
    if (files.paths[i].empty())
      throw data_error("{}: expected the file {}.gz or {}, found neither", directory.string(), file.name, file.name);
    files.contents[i] = read_idx(files.paths[i], file.kind);
  }
  return files;
}

/// Whose name and notice remain to be said.
Dataset joined(Files files) {
  Dataset data{.name = {}, .directory = files.directory.string(), .notice = {}, .train = {}, .test = {}, .sha256 = {}};
  auto& [train_images, train_labels, test_images, test_labels] = files.contents;
  for (std::size_t i = 0; i < files.contents.size(); ++i)
    data.sha256.emplace(kMnistFiles[i].name, files.contents[i].sha256);
  data.train = join_images_and_labels(std::move(train_images), std::move(train_labels));
  data.test = join_images_and_labels(std::move(test_images), std::move(test_labels));
  if (data.test.height != data.train.height || data.test.width != data.train.width) {
    throw data_error("{}: expected test images of {}x{} pixels, the size of the training images, found {}x{}",
                     files.paths[kTestImages].string(), data.train.height, data.train.width, data.test.height,
                     data.test.width);
  }
  return data;
}

Dataset known_dataset(const KnownSet& set, Files files) {
  Dataset data = joined(std::move(files));
  data.name = set.name;
  if (&set != &kMnist) data.notice = fmt::format("This is not MNIST but {}.", set.title);
  return data;
}

/// A directory that the user chose: custom files are welcome. wanted: null if any known set is.
Dataset load_chosen(const fs::path& directory, const KnownSet* wanted) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) throw data_error("{}: there is no such directory", directory.string());
  const KnownSet& likely = wanted ? *wanted : kMnist;
  const fs::path below = directory / likely.torchvision / "raw";
  const bool use_below = find_files(directory) == std::array<fs::path, 4>{} && fs::is_directory(below, error);
  Files files = read_directory(use_below ? below : directory);
  for (const KnownSet& set : kKnownSets) {
    if (!files.not_of(set).empty()) continue;
    if (wanted && &set != wanted)
      throw data_error("{}: expected {}, found {}", files.directory.string(), wanted->title, set.title);
    return known_dataset(set, std::move(files));
  }
  const std::string strangers = files.not_of(likely);
  Dataset data = joined(std::move(files));
  data.name = "custom";
  data.notice = fmt::format("This is not MNIST but a custom set: in {}, files have an unknown checksum:{}",
                            data.directory, strangers);
  return data;
}

/// A directory that the search came upon: it holds the set or is an error.
Dataset load_found(const fs::path& directory, const KnownSet& set) {
  Files files = read_directory(directory);
  for (std::size_t i = 0; i < files.paths.size(); ++i)
    if (!set.files[i].is(files.contents[i]))
      throw data_error(
          "{}: the checksum is not {}'s; remove the file, or choose its directory explicitly to use it as it is",
          files.paths[i].string(), set.title);
  return known_dataset(set, std::move(files));
}

Dataset search(const KnownSet& set, const DataOptions& options) {
  const fs::path cache = cache_directory(set);
  const auto complete = [](const fs::path& directory) {
    return !directory.empty() && std::ranges::none_of(find_files(directory), &fs::path::empty);
  };
  for (const fs::path& directory : {cache, fs::path("data") / set.torchvision / "raw"}) {
    if (complete(directory)) return load_found(directory, set);
  }
  if (cache.empty()) {
    throw failure("there is no cache directory to download into: set HOME, or choose a data directory explicitly");
  }
  fetch(set, cache, options);
  return load_found(cache, set);
}

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names = {"auto"};
  for (const KnownSet& set : kKnownSets) names.emplace_back(set.name);
  names.emplace_back("digits");
  return names;
}

Dataset load_dataset(const DataOptions& options) {
  if (std::ranges::count(dataset_names(), options.dataset) == 0)
    throw usage_error("unknown dataset '{}': expected one of {}", options.dataset, fmt::join(dataset_names(), ", "));
  if (options.dataset == "digits") {
    if (!options.directory.empty()) throw usage_error("the dataset 'digits' is drawn, not read from a directory");
    return digits_dataset("that was asked for");
  }
  const bool is_auto = options.dataset == "auto";
  const KnownSet& set = is_auto ? kMnist : *find_known_set(options.dataset);
  const char* environment = std::getenv("GRADRACE_DATA_DIR");
  const std::string chosen = options.directory.empty() && environment ? environment : options.directory;
  if (!chosen.empty()) return load_chosen(chosen, is_auto ? nullptr : &set);
  try {
    return search(set, options);
  } catch (const NetworkError& error) {
    if (!is_auto) throw;
    return digits_dataset(error.what());
  }
}

}  // namespace gradrace
