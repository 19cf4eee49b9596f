#include "engine/data/directory.hpp"

#include <cstdlib>
#include <system_error>

#include "engine/base/error.hpp"
#include "engine/data/digits.hpp"
#include "engine/files/atomic_file.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw failure("{}: the directory cannot be made: {}", directory.string(), error.message());
}

void write_gzip_file(const fs::path& directory, const KnownFile& file, const Bytes& bytes) {
  write_atomically(directory / fmt::format("{}.gz", file.name),
                   {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

FileCheck check_file(const KnownFile& file, const fs::path& path) {
  FileCheck check{.name = std::string(file.name), .path = path, .sha256 = {}, .problem = {}};
  if (path.empty()) {
    check.problem = "the file is missing";
    return check;
  }
  try {
    const IdxFile idx = read_idx(path, file.kind);
    check.bytes = std::ssize(idx.values) + std::ssize(idx_header(idx.shape));
    check.sha256 = idx.sha256;
    check.is_known = file.is(idx);
  } catch (const Error& error) {
    check.problem = error.what();
  }
  return check;
}

}  // namespace

fs::path cache_directory(const KnownSet& set) {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && fs::path(cache).is_absolute()) {
    return fs::path(cache) / "gradrace" / set.name;
  }
  const char* home = std::getenv("HOME");
  return home && *home ? fs::path(home) / ".cache" / "gradrace" / set.name : fs::path();
}

std::array<fs::path, 4> find_files(const fs::path& directory) {
  std::array<fs::path, 4> paths;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const fs::path plain = directory / kMnistFiles[i].name, gzip = plain.string() + ".gz";
    std::error_code ignored;
    if (fs::exists(gzip, ignored)) {
      paths[i] = gzip;
    } else if (fs::exists(plain, ignored)) {
      paths[i] = plain;
    }
  }
  return paths;
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
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!checks[i].path.empty()) continue;
    write_gzip_file(directory, set.files[i], download(set.files[i], options));
  }
}

std::vector<FileCheck> verify_directory(const KnownSet& set, const fs::path& directory) {
  const auto paths = find_files(directory);
  std::vector<FileCheck> checks;
  for (std::size_t i = 0; i < paths.size(); ++i) checks.push_back(check_file(set.files[i], paths[i]));
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
    write_gzip_file(directory, kMnistFiles[file], gzip_compressed(idx));
  };
  const ImageSet train = draw_digits(DigitsPart::kTrain), test = draw_digits(DigitsPart::kTest);
  write(kTrainImages, {train.count, train.height, train.width}, train.pixels);
  write(kTrainLabels, {train.count}, train.labels);
  write(kTestImages, {test.count, test.height, test.width}, test.pixels);
  write(kTestLabels, {test.count}, test.labels);
}

}  // namespace gradrace
