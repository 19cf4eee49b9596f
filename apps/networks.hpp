#pragma once
/// `gradrace networks`: the networks that there are, or one from a file.

#include <CLI/CLI.hpp>

namespace gradrace {

void add_networks_command(CLI::App& app);

}  // namespace gradrace
