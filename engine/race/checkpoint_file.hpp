#pragma once
/// The file of a checkpoint: safetensors with the parameters under PyTorch's names, the optimizer's state, step_loss,
/// answer_loss, answer_label, and as bytes of JSON, in the tensor `checkpoint`, the rest and the race that it belongs
/// to. So the header stays as short as it is, however long the race. Its metadata say the version of the format and a
/// checksum of it all.

#include <string_view>

#include "engine/race/checkpoint.hpp"

namespace gradrace {

/// race: as that of Checkpoints. Writes atomically; throws failure.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint,
                      const nlohmann::ordered_json& race);

/// Checks the whole of `file` before it believes any of it. run: who it must be of (label, optimizer, options, seed).
/// Throws as Checkpoints::find does; sentences name `source`.
Checkpoint parse_checkpoint(std::string_view file, const std::string& source, const nlohmann::ordered_json& race,
                            const RunResult& run, const RunForm& form);

/// Throws data_error, which names `source`, for a checkpoint that no race of this form can have written: lengths,
/// counts and times that do not fit the form or each other.
void expect_consistent(const Checkpoint& checkpoint, const RunForm& form, const std::string& source);

}  // namespace gradrace
