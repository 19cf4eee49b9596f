#include "engine/data/directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "engine/base/error.hpp"
#include "engine/data/digits.hpp"
#include "engine/files/atomic_file.hpp"
#include "engine/files/sha256.hpp"
#include "engine/files/tar.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kArchiveOverhead = 1
                                         << 20;  // bytes of an archive, uncompressed, that are none of the set's files

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw failure("{}: the directory cannot be made: {}", directory.string(), error.message());
}

void write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
  write_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string gzip_name(const KnownFile& file) {
  return fmt::format("{}.gz", file.name);
}

/// Where a download under that name waits for being gone on with.
fs::path part_of(const fs::path& directory, const std::string& name) {
  return directory / (name + ".part");
}

struct Content {
  Index bytes;
  Checksums sha256;
};

/// Reads a file and forgets its values.
Content content_of(Format format, const KnownFile& file, const fs::path& path) {
  if (format == Format::kCifar) {
    const CifarFile cifar = read_cifar(path);
    return {cifar.images.count * kCifarRecordBytes, cifar.sha256};
  }
  const IdxFile idx = read_idx(path, file.kind);
  return {std::ssize(idx.values) + std::ssize(idx_header(idx.shape)), idx.sha256};
}

FileCheck check_file(Format format, const KnownFile& file, const fs::path& path) {
  FileCheck check{.name = std::string(file.name), .path = path, .sha256 = {}, .problem = {}};
  if (path.empty()) {
    check.problem = "the file is missing";
    return check;
  }
  try {
    const Content content = content_of(format, file, path);
    check.bytes = content.bytes;
    check.sha256 = content.sha256.content;
    check.is_known = file.is(content.sha256);
  } catch (const Error& error) {
    check.problem = error.what();
  }
  return check;
}

/// What the archive has under a file's name in its folder.
std::span<const std::uint8_t> file_in(const std::vector<TarFile>& archive, const KnownSet& set, const KnownFile& file) {
  const std::string path = fmt::format("{}/{}", set.archive->folder, file.name);
  const auto found = std::ranges::find(archive, path, &TarFile::path);
  if (found == archive.end()) throw data_error("{}: there is no file {} in it", set.archive->name, path);
  if (const std::string sum = sha256({found->content}); sum != file.sha256)
    throw data_error("{}: {}: expected the SHA-256 {}, found {}", set.archive->name, path, file.sha256, sum);
  return found->content;
}

/// Downloads the set's archive and writes those of its files that are missing.
void fetch_archive(const KnownSet& set, const fs::path& directory, const std::vector<FileCheck>& checks,
                   const DownloadOptions& options) {
  std::size_t limit = kArchiveOverhead;
  for (const KnownFile& file : set.files) limit += std::size_t(file.bytes);
  const std::string name(set.archive->name);
  const Bytes archive = uncompressed(download(*set.archive, part_of(directory, name), options), name, limit);
  const std::vector<TarFile> files = tar_files(archive, name);
  for (std::size_t i = 0; i < checks.size(); ++i)
    if (checks[i].path.empty()) write_file(directory / set.files[i].name, file_in(files, set, set.files[i]));
}

}  // namespace

fs::path cache_directory(const KnownSet& set) {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && fs::path(cache).is_absolute()) {
    return fs::path(cache) / "gradrace" / set.name;
  }
  const char* home = std::getenv("HOME");
  return home && *home ? fs::path(home) / ".cache" / "gradrace" / set.name : fs::path();
}

void fetch(const KnownSet& set, const fs::path& directory, DownloadOptions options) {
  make_directory(directory);
  if (options.mirrors.empty()) options.mirrors.assign(set.mirrors.begin(), set.mirrors.end());
  const std::vector<FileCheck> checks = verify_directory(set, directory);
  for (const FileCheck& check : checks) {
    if (!check.path.empty() && !check.is_known) {
      throw data_error("{}: the file is there already and is not {}'s; move it away to have it downloaded",
                       check.path.string(), set.title);
    }
  }
  const auto is_missing = [](const FileCheck& check) { return check.path.empty(); };
  if (set.archive && std::ranges::any_of(checks, is_missing)) {
    fetch_archive(set, directory, checks, options);
    return;
  }
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!is_missing(checks[i])) continue;
    const std::string name = gzip_name(set.files[i]);
    write_file(directory / name, download(set.files[i], part_of(directory, name), options));
  }
}

std::vector<FileCheck> verify_directory(const KnownSet& set, const fs::path& directory) {
  const auto paths = find_files(directory, set);
  std::vector<FileCheck> checks;
  for (std::size_t i = 0; i < paths.size(); ++i) checks.push_back(check_file(set.format, set.files[i], paths[i]));
  return checks;
}

void make_digits(const fs::path& directory) {
  make_directory(directory);
  for (const fs::path& path : find_files(directory)) {
    if (!path.empty()) throw data_error("{}: the file is there already and is not overwritten", path.string());
  }
  const auto write = [&](MnistFile file, const std::vector<Index>& shape, const Bytes& values) {
    Bytes idx = idx_header(shape);
    idx.insert(idx.end(), values.begin(), values.end());
    write_file(directory / gzip_name(kMnistFiles[file]), gzip_compressed(idx));
  };
  const ImageSet train = draw_digits(DigitsPart::kTrain), test = draw_digits(DigitsPart::kTest);
  write(kTrainImages, {train.count, train.height, train.width}, train.pixels);
  write(kTrainLabels, {train.count}, train.labels);
  write(kTestImages, {test.count, test.height, test.width}, test.pixels);
  write(kTestLabels, {test.count}, test.labels);
}

}  // namespace gradrace
