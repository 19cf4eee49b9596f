#include "tests/fuzzing/fuzzer.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

/// Makes the directory of seeds, and beside it the dictionary: DIRECTORY.dict.
void write_seeds(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  int number = 0;
  for (const std::string& seed : gradrace::seeds())
    std::ofstream(directory / std::to_string(++number), std::ios::binary) << seed;
  std::ofstream dictionary(directory.string() + ".dict");
  for (const std::string& word : gradrace::words()) dictionary << '"' << word << "\"\n";
}

}  // namespace

/// FUZZER --seeds DIRECTORY writes them; what else is on the command line is for libFuzzer.
extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  if (*count == 3 && std::string((*words)[1]) == "--seeds") {
    write_seeds((*words)[2]);
    std::exit(EXIT_SUCCESS);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t bytes) {
  try {
    gradrace::fuzz({reinterpret_cast<const char*>(input), bytes});
  } catch (const gradrace::Error&) {
  }
  return 0;
}
