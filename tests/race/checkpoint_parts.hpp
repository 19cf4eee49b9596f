#pragma once
/// Small races that are saved, and their checkpoints taken apart.

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/safetensors.hpp"
#include "engine/race/checkpoint.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

inline const ordered_json kRace = {{"epochs", 2}, {"batch_size", 8}};

/// Calls `interrupt` after a number of steps.
class Interrupter final : public RaceObserver {
 public:
  Interrupter(Index steps, std::function<void()> interrupt) : left_(steps), interrupt_(std::move(interrupt)) {}
  void step_done(const RaceResult&, const StepEvent&) override {
    if (--left_ == 0) interrupt_();
  }

 private:
  Index left_;
  std::function<void()> interrupt_;
};

/// Runs until it is stopped after that many steps, or to the end if there are fewer.
inline RaceResult run_some(const RaceOptions& options, const fs::path& directory, Index steps = -1) {
  std::atomic<int> stop{0};
  Interrupter stopper(steps, [&] { stop = 2; });
  RaceObserver* const observers[] = {&stopper};
  const Checkpoints checkpoints(directory, kRace, true);
  return Race(options).run(small_dataset(), observers, stop, &checkpoints);
}

/// The parts of a checkpoint's file, which a forger could change.
struct Parts {
  std::string file;
  std::vector<SafetensorsEntry> tensors;  ///< but for the document
  SafetensorsMetadata metadata;
  ordered_json document;
};

inline Parts parts_of(const fs::path& path) {
  Parts parts{read_text(path), {}, {}, {}};
  parts.metadata = parse_safetensors_metadata(parts.file, path.string());
  for (const SafetensorsEntry& entry : parse_safetensors(parts.file, path.string()))
    if (entry.name == "checkpoint")
      parts.document = ordered_json::parse(entry.bytes);
    else
      parts.tensors.push_back(entry);
  return parts;
}

inline void write_parts(const fs::path& path, const Parts& parts, const std::string& sum = "") {
  const std::string document = parts.document.dump();
  std::vector<SafetensorsEntry> entries = parts.tensors;
  entries.push_back({"checkpoint", "U8", {std::ssize(document)}, document});
  SafetensorsMetadata metadata = parts.metadata;
  metadata["sha256"] = sum;
  write_safetensors(path, entries, metadata);
}

}  // namespace gradrace
