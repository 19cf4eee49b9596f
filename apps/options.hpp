#pragma once
/// What the options of several commands have in common: the values that they take, and options that all of them know. A
/// value that fails its check is a usage error that says what was expected and found.

#include <cstdint>
#include <string>
#include <vector>

#include "apps/command_options.hpp"
#include "kernels/isa.hpp"

namespace gradrace {

Values whole_number(std::uint64_t low, std::uint64_t high);
Values number_from_zero();
/// Above 0, at most 1.
Values fraction();
/// One whole number in that range, or two and more of any size, with commas between them.
Values whole_number_or_list(std::uint64_t low, std::uint64_t high);
/// A whole number, or that word.
Values whole_number_or(const std::string& word, std::uint64_t low, std::uint64_t high);
/// A number or, with slashes between them, one for each channel.
Values numbers_by_channel();
/// One of some words.
Values one_of(const std::vector<std::string>& choices);

/// The numbers of a list; empty if it is none.
std::vector<std::uint64_t> whole_numbers(const std::string& list);
/// The numbers with slashes between them; empty if they are none.
std::vector<double> numbers_by_channel(const std::string& list);

/// Those that a race can have.
std::vector<std::string> optimizer_names();
/// --optimizer [LABEL@]NAME[:KEY=VALUE,...], which may be given several times.
CommandOption optimizer_option(const std::string& help);
/// --network NAME|FILE.json; find_network (engine/training/network.hpp) knows its meaning.
CommandOption network_option();
/// --threads N, as far as OpenMP makes so many.
CommandOption threads_option();
/// --isa NAME; find_isa knows the name's meaning.
CommandOption isa_option();
/// --json
CommandOption json_option();

/// The instruction set of that name, or the best one for "auto". Throws usage_error if this program or this CPU does
/// not have it.
kernels::Isa find_isa(const std::string& name);
/// Throws failure where the system does not start so many threads, or gives them less stack than kernels need: OpenMP
/// and the first kernel would end the program, with a word that is not ours or none. Starts them, so that only what runs
/// kernels asks.
void expect_threads(Index threads);

}  // namespace gradrace
