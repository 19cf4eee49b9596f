#pragma once
/// Results as text for people.

#include <string>
#include <utility>
#include <vector>

#include "engine/race/race.hpp"

namespace gradrace {

/// Rows of cells under a heading, in columns that are as wide as they need be; the first one is aligned to the left,
/// the others to the right. Every row has as many cells as the heading.
std::string table(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows);

/// "optimizer (key=value, ...)", with the label in front where it is another; in bold on a terminal.
std::string optimizer_title(const std::string& label, const std::string& optimizer,
                            const std::vector<std::pair<std::string, std::string>>& options);
std::string run_title(const RunResult& run);

/// Says unmistakably, in three lines, that the data is not MNIST; nothing if it is.
std::string notice_banner(const std::string& notice);

/// What is shown at the end: a table for each run with its epochs, how it ended, when it converged and when it
/// reached its target accuracy, and one for each
/// pair of finished runs with the differences of their parameters.
std::string race_tables(const RaceResult& race, const RaceOptions& options);

}  // namespace gradrace
