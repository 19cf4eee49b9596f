#pragma once
/// What the options of several commands have in common: options that all of them know, and checks of values. A value
/// that fails its check is a usage error that says what was expected and found.

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "kernels/isa.hpp"

namespace gradrace {

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);
CLI::Validator number_from_zero();
/// Above 0, at most 1.
CLI::Validator fraction();
/// One whole number in that range, or two and more distinct ones, of any size, with commas between them.
CLI::Validator whole_number_or_list(std::uint64_t low, std::uint64_t high);

/// The numbers of a list; empty if it is none.
std::vector<std::uint64_t> whole_numbers(const std::string& list);

/// An option that takes one of some words.
CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help);
/// --optimizer [LABEL@]NAME[:KEY=VALUE,...], which may be given several times. The vector holds the defaults.
CLI::Option* add_optimizer_option(CLI::App& command, std::vector<std::string>& optimizers, const std::string& help);
/// --threads N, as far as OpenMP makes so many.
CLI::Option* add_threads_option(CLI::App& command, Index& threads);
/// --isa NAME; find_isa knows the name's meaning.
CLI::Option* add_isa_option(CLI::App& command, std::string& isa);

/// The instruction set of that name, or the best one for "auto". Throws usage_error if this program or this CPU does
/// not have it.
kernels::Isa find_isa(const std::string& name);

}  // namespace gradrace
