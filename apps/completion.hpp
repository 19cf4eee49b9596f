#pragma once
/// Completions for shells, made of the same commands as --help: commands, options, the values that can be listed, files
/// and directories.

#include <string>

#include <CLI/CLI.hpp>

namespace gradrace {

/// A script that bash-completion loads as "gradrace".
std::string bash_completion(const CLI::App& program);
/// A function that zsh loads as "_gradrace".
std::string zsh_completion(const CLI::App& program);
/// Commands that fish loads as "gradrace.fish".
std::string fish_completion(const CLI::App& program);

}  // namespace gradrace
