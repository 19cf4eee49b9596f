#pragma once
/// What the golden runs of training have beside their numbers: images, and a meta entry that says how they were
/// trained.

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/data/idx.hpp"
#include "engine/data/normalization.hpp"

namespace gradrace {

/// One part, "train" or "t10k", of the images in a directory.
inline ImageSet read_images(const std::filesystem::path& directory, const std::string& part) {
  return join_images_and_labels(read_idx(directory / (part + "-images-idx3-ubyte.gz"), IdxKind::kImages),
                                read_idx(directory / (part + "-labels-idx1-ubyte.gz"), IdxKind::kLabels));
}

/// Of the pixels, as a meta entry says.
inline Normalization normalization(const nlohmann::ordered_json& meta) {
  const nlohmann::ordered_json& numbers = meta.at("normalize");
  return {.mean = {numbers[0].get<double>()}, .deviation = {numbers[1].get<double>()}, .source = "golden"};
}

}  // namespace gradrace
