#include "engine/race/checkpoint.hpp"

#include <system_error>

#include "engine/base/error.hpp"
#include "engine/files/atomic_file.hpp"
#include "engine/files/file.hpp"
#include "engine/files/sha256.hpp"
#include "engine/race/checkpoint_file.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".safetensors";

bool holds_checkpoints(const fs::path& directory) {
  std::error_code error;
  bool found = false;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    found = found || it->path().extension() == kExtension;
  if (error) throw failure("cannot read the directory {}: {}", directory.string(), error.message());
  return found;
}

/// What a file holds that was written for a run of this form, and room for a long race.
std::size_t most_bytes(const RunForm& form) {
  std::size_t floats = 0;
  for (const Parameter& parameter : form.parameters) floats += std::size_t(parameter.count());
  return kMaxFileBytes + floats * sizeof(float) * std::size_t(1 + form.states);
}

}  // namespace

std::string checksum(const NamedTensor& tensor) {
  return sha256({{reinterpret_cast<const std::uint8_t*>(tensor.values.data()), tensor.values.size() * sizeof(float)}});
}

Checkpoints::Checkpoints(fs::path directory, nlohmann::ordered_json race, bool resume)
    : directory_(std::move(directory)), lock_(directory_, "checkpoints"), race_(std::move(race)) {
  if (!resume && holds_checkpoints(directory_))
    throw usage_error("{} holds checkpoints already: resume from them, or name another directory", directory_.string());
  expect_writable(directory_ / "checkpoint");
}

fs::path Checkpoints::path(const RunResult& run) const {
  return directory_ / fmt::format("{}_seed{}{}", run.label, run.seed, kExtension);
}

void Checkpoints::save(const Checkpoint& checkpoint) const {
  write_checkpoint(path(checkpoint.run), checkpoint, race_);
}

std::optional<Checkpoint> Checkpoints::find(const RunResult& run, const RunForm& form) const {
  const fs::path file = path(run);
  std::error_code error;
  // Nothing but the certainty that there is none may begin a run anew: the next checkpoint takes the place of this one.
  const fs::file_type type = fs::symlink_status(file, error).type();
  if (type == fs::file_type::not_found) return {};
  if (error) throw data_error("{}: cannot be read: {}", file.string(), error.message());
  return parse_checkpoint(read_text(file, most_bytes(form)), file.string(), race_, run, form);
}

}  // namespace gradrace
