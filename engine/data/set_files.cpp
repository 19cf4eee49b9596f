#include "engine/data/set_files.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBatch = "data_batch_", kTestBatch = "test_batch.bin";

fs::path existing_file(const fs::path& directory, const std::string& name) {
  const fs::path path = find_file(directory, name);
  if (path.empty())
    throw data_error("{}: expected the file {}.gz or {}, found neither", directory.string(), name, name);
  return path;
}

SetFiles read_idx_set(const fs::path& directory, Index classes) {
  SetFiles set;
  std::vector<IdxFile> contents;
  for (const KnownFile& file : kMnist.files) {
    const fs::path path = existing_file(directory, std::string(file.name));
    contents.push_back(read_idx(path, file.kind));
    set.files.push_back({std::string(file.name), path, contents.back().sha256});
  }
  set.train = join_images_and_labels(std::move(contents[kTrainImages]), std::move(contents[kTrainLabels]), classes);
  set.test = join_images_and_labels(std::move(contents[kTestImages]), std::move(contents[kTestLabels]), classes);
  set.train.classes = set.test.classes = std::max(set.train.classes, set.test.classes);
  if (set.test.height != set.train.height || set.test.width != set.train.width)
    throw data_error("{}: expected test images of {}x{} pixels, the size of the training images, found {}x{}",
                     set.files[kTestImages].path.string(), set.train.height, set.train.width, set.test.height,
                     set.test.width);
  return set;
}

/// The largest N of a file data_batch_N.bin, 1 if there is none.
Index last_batch(const fs::path& directory) {
  Index last = 1;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kBatch)) continue;
    Index number = 0;
    const auto [end, error] = std::from_chars(name.data() + kBatch.size(), name.data() + name.size(), number);
    const std::string_view rest(end, std::size_t(name.data() + name.size() - end));
    if (error == std::errc{} && (rest == ".bin" || rest == ".bin.gz")) last = std::max(last, number);
  }
  return last;
}

/// Adds the images of one more file.
void append(ImageSet& all, CifarFile file) {
  if (all.pixels.size() + file.images.pixels.size() > kMaxFileBytes)
    throw data_error("{}: expected at most {} bytes of pixels in all training files, found more", file.name,
                     kMaxFileBytes);
  if (all.count == 0) {
    all = std::move(file.images);
    return;
  }
  const auto join = [](Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); };
  all.count += file.images.count;
  join(all.pixels, file.images.pixels);
  join(all.labels, file.images.labels);
}

SetFiles read_cifar_set(const fs::path& directory, Index classes) {
  SetFiles set;
  const auto read = [&](const std::string& name) {
    const fs::path path = existing_file(directory, name);
    CifarFile file = read_cifar(path, std::min(classes, kCifarClasses));
    set.files.push_back({name, path, file.sha256});
    return file;
  };
  const Index last = last_batch(directory);
  for (Index batch = 1; batch <= last; ++batch) append(set.train, read(fmt::format("{}{}.bin", kBatch, batch)));
  set.test = read(std::string(kTestBatch)).images;
  return set;
}

}  // namespace

fs::path find_file(const fs::path& directory, const std::string& name) {
  std::error_code ignored;
  for (const fs::path& path : {directory / (name + ".gz"), directory / name})
    if (fs::status(path, ignored).type() != fs::file_type::not_found) return path;  // reading it says what is wrong
  return {};
}

std::vector<fs::path> find_files(const fs::path& directory, const KnownSet& set) {
  std::vector<fs::path> paths;
  for (const KnownFile& file : set.files) paths.push_back(find_file(directory, std::string(file.name)));
  return paths;
}

bool StoredFile::is_of(const KnownSet& set) const {
  return std::ranges::any_of(set.files, [&](const KnownFile& file) { return file.name == name && file.is(sha256); });
}

SetFiles read_set(const fs::path& directory, Format format, Index classes) {
  return format == Format::kIdx ? read_idx_set(directory, classes) : read_cifar_set(directory, classes);
}

}  // namespace gradrace
