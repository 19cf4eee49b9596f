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

/// No label that is read may be that or above.
Index most_classes(const DataOptions& options) {
  return options.classes.value_or(kMostClasses);
}

Dataset digits_dataset(const std::string& reason, Index classes) {
  Dataset data{.name = "digits"};
  data.notice = fmt::format(
      "This is not MNIST: the race runs on 'digits', images that the program draws itself, because {}.", reason);
  const auto checksums = [&](const ImageSet& set, MnistFile images, MnistFile labels) {
    data.sha256.emplace(kMnistFiles[images].name, sha256({idx_header({set.count, set.height, set.width}), set.pixels}));
    data.sha256.emplace(kMnistFiles[labels].name, sha256({idx_header({set.count}), set.labels}));
  };
  data.train = draw_digits(DigitsPart::kTrain);
  checksums(data.train, kTrainImages, kTrainLabels);
  data.test = draw_digits(DigitsPart::kTest);
  if (classes < data.train.classes)
    throw usage_error("the dataset 'digits' has {} classes, not {}", data.train.classes, classes);
  checksums(data.test, kTestImages, kTestLabels);
  return data;
}

/// Whose name and notice remain to be said.
Dataset dataset_of(const fs::path& directory, SetFiles files) {
  Dataset data{.directory = directory.string(), .train = std::move(files.train), .test = std::move(files.test)};
  for (const StoredFile& file : files.files) data.sha256.emplace(file.name, file.sha256.content);
  return data;
}

Dataset known_dataset(const KnownSet& set, const fs::path& directory, SetFiles files) {
  Dataset data = dataset_of(directory, std::move(files));
  data.name = set.name;
  data.class_names.assign(set.classes.begin(), set.classes.end());
  if (&set != &kMnist) data.notice = fmt::format("This is not MNIST but {}.", set.title);
  return data;
}

Dataset custom_dataset(const KnownSet& likely, const fs::path& directory, SetFiles files) {
  std::string strangers;
  for (const StoredFile& file : files.files)
    if (!file.is_of(likely)) strangers += fmt::format(" {}", file.path.filename().string());
  Dataset data = dataset_of(directory, std::move(files));
  data.name = "custom";
  data.notice = fmt::format("This is not MNIST but a custom set: in {}, {}{}", data.directory,
                            strangers.empty() ? "some files are missing of " : "files have an unknown checksum:",
                            strangers.empty() ? likely.title : strangers);
  return data;
}

/// Where a set's files lie below a directory that the user chose: right there, or where torchvision has them. Empty:
/// nowhere.
fs::path place_of(const KnownSet& set, const fs::path& directory) {
  for (const fs::path& place : {directory, directory / set.torchvision})
    if (!std::ranges::all_of(find_files(place, set), &fs::path::empty)) return place;
  return {};
}

bool is_whole(const KnownSet& set, const SetFiles& files) {
  return files.files.size() == set.files.size() &&
         std::ranges::all_of(files.files, [&](const StoredFile& file) { return file.is_of(set); });
}

/// A directory that the user chose: custom files are welcome. wanted: null if any known set is.
Dataset load_chosen(const fs::path& directory, const KnownSet* wanted, Index classes) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) throw data_error("{}: there is no such directory", directory.string());
  if (error) throw data_error("{}: cannot be read: {}", directory.string(), error.message());
  if (!fs::is_directory(status)) throw data_error("{}: expected a directory", directory.string());
  const auto is_there = [&](const KnownSet& set) { return !place_of(set, directory).empty(); };
  const auto first = std::ranges::find_if(kKnownSets, is_there);
  const KnownSet& likely = wanted ? *wanted : first != kKnownSets.end() ? *first : kMnist;
  const fs::path place = is_there(likely) ? place_of(likely, directory) : directory;
  SetFiles files = read_set(place, likely.format, classes);
  for (const KnownSet& set : kKnownSets) {
    if (!is_whole(set, files)) continue;
    if (wanted && &set != wanted)
      throw data_error("{}: expected {}, found {}", place.string(), wanted->title, set.title);
    return known_dataset(set, place, std::move(files));
  }
  return custom_dataset(likely, place, std::move(files));
}

/// A directory that the search came upon: it holds the set or is an error.
Dataset load_found(const fs::path& directory, const KnownSet& set, Index classes) {
  SetFiles files = read_set(directory, set.format, classes);
  for (const StoredFile& file : files.files)
    if (!file.is_of(set))
      throw data_error(
          "{}: the checksum is not {}'s; remove the file, or choose its directory explicitly to use it as it is",
          file.path.string(), set.title);
  return known_dataset(set, directory, std::move(files));
}

Dataset search(const KnownSet& set, const DataOptions& options) {
  const fs::path cache = cache_directory(set);
  const auto complete = [&](const fs::path& directory) {
    return !directory.empty() && std::ranges::none_of(find_files(directory, set), &fs::path::empty);
  };
  for (const fs::path& directory : {cache, fs::path("data") / set.torchvision})
    if (complete(directory)) return load_found(directory, set, most_classes(options));
  if (cache.empty()) {
    throw failure("there is no cache directory to download into: set HOME, or choose a data directory explicitly");
  }
  fetch(set, cache, options);
  return load_found(cache, set, most_classes(options));
}

/// The images, before classes and normalization that were asked for.
Dataset load_files(const DataOptions& options) {
  if (options.dataset == "digits") {
    if (!options.directory.empty()) throw usage_error("the dataset 'digits' is drawn, not read from a directory");
    return digits_dataset("that was asked for", most_classes(options));
  }
  const bool is_auto = options.dataset == "auto";
  const KnownSet& set = is_auto ? kMnist : *find_known_set(options.dataset);
  const char* environment = std::getenv("GRADRACE_DATA_DIR");
  const std::string chosen = options.directory.empty() && environment ? environment : options.directory;
  if (!chosen.empty()) return load_chosen(chosen, is_auto ? nullptr : &set, most_classes(options));
  try {
    return search(set, options);
  } catch (const NetworkError& error) {
    if (!is_auto) throw;
    return digits_dataset(error.what(), most_classes(options));
  }
}

/// The published numbers of the set that has images of this kind; other images are measured.
Normalization usual_normalization(const ImageSet& train) {
  if (train.channels == 1 && train.height == 28 && train.width == 28) return {};
  if (train.channels == kCifarChannels && train.height == kCifarSide && train.width == kCifarSide)
    return {.mean = {0.4914, 0.4822, 0.4465}, .deviation = {0.247, 0.2435, 0.2616}, .source = "published for CIFAR-10"};
  return measured_normalization(train);
}

/// One number for each channel.
std::vector<double> by_channel(std::vector<double> given, Index channels, const char* what) {
  if (given.size() == 1) given.resize(std::size_t(channels), given.front());
  if (std::ssize(given) != channels)
    throw usage_error("expected one {} or one for each of the {} channels of the images, found {}", what, channels,
                      given.size());
  return given;
}

Normalization normalization_of(const Dataset& data, const DataOptions& options) {
  const bool both = !options.mean.empty() && !options.deviation.empty();
  Normalization numbers = both ? Normalization{} : usual_normalization(data.train);
  if (options.mean.empty() && options.deviation.empty()) return numbers;
  if (!options.mean.empty()) numbers.mean = by_channel(options.mean, data.train.channels, "mean");
  if (!options.deviation.empty()) numbers.deviation = by_channel(options.deviation, data.train.channels, "deviation");
  for (const double deviation : numbers.deviation)
    if (!(float(deviation) > 0))
      throw usage_error("expected deviations above 0 to scale pixels by, found {}", deviation);
  numbers.source = both ? "given" : fmt::format("given, the other {}", numbers.source);
  return numbers;
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
  Dataset data = load_files(options);
  if (options.classes) data.train.classes = data.test.classes = *options.classes;
  data.normalization = normalization_of(data, options);
  return data;
}

}  // namespace gradrace
