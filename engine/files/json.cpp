#include "engine/files/json.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/files/file.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr int kNumberTooLarge = 406;  // as the library numbers its errors

/// Walks through a text and tells how far it has come.
class Reader {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Reader(const char* at, const char*& reached) : at_(at), reached_(&reached) {}
  reference operator*() const { return *at_; }
  Reader& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  bool operator==(const Reader& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

/// Makes the document of what the parser finds. The library's own way looks for a key among all before it each time
/// that it adds one, and keeps the last of two.
class Builder final : public nlohmann::json_sax<ordered_json> {
 public:
  Builder(std::string_view text, const std::string& source, const JsonLimits& limits)
      : text_(text), source_(source), limits_(limits), reached_(text.data()) {}

  ordered_json build() {
    // The parser would take a zero byte for the end and leave the rest unread.
    if (const std::size_t zero = text_.find('\0'); zero != text_.npos)
      fail_at(zero, "expected JSON, found a zero byte");
    const char* end = text_.data() + text_.size();
    ordered_json::sax_parse(Reader(text_.data(), reached_), Reader(end, reached_), this);
    return std::move(document_);
  }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON has none
  bool start_object(std::size_t) override { return open(ordered_json::object()); }
  bool start_array(std::size_t) override { return open(ordered_json::array()); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    object().emplace_back(std::move(name), nullptr);
    return true;
  }
  bool end_object() override {
    expect_distinct_keys();
    return close();
  }
  bool parse_error(std::size_t read, const std::string&, const nlohmann::detail::exception& error) override {
    if (read > text_.size()) fail_at(text_.size(), "expected JSON, found the end");
    fail(error.id == kNumberTooLarge ? "the number is too large" : "expected JSON, found something else");
  }

 private:
  ordered_json::object_t& object() { return open_.back()->get_ref<ordered_json::object_t&>(); }

  /// Puts a value where it belongs. The address of an array or object holds until its end: nothing else is added to
  /// what contains it.
  bool add(ordered_json value) {
    if (++values_ > limits_.values) fail(fmt::format("expected at most {} values, found more", limits_.values));
    if (open_.empty())
      last_ = &(document_ = std::move(value));
    else if (open_.back()->is_array())
      last_ = &open_.back()->get_ref<ordered_json::array_t&>().emplace_back(std::move(value));
    else
      last_ = &(object().back().second = std::move(value));
    return true;
  }
  bool open(ordered_json empty) {
    if (open_.size() == limits_.depth) fail(fmt::format("it is nested more than {} levels deep", limits_.depth));
    add(std::move(empty));
    open_.push_back(last_);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  void expect_distinct_keys() {
    keys_.clear();
    for (const auto& [key, unused] : object()) keys_.push_back(key);
    std::ranges::sort(keys_);
    if (const auto twice = std::ranges::adjacent_find(keys_); twice != keys_.end())
      fail(fmt::format("the object that ends here has the key {} twice", shown(*twice)));
  }

  [[noreturn]] void fail(std::string_view what) const {
    fail_at(std::size_t(std::max(reached_ - text_.data() - 1, std::ptrdiff_t(0))), what);
  }
  [[noreturn]] void fail_at(std::size_t byte, std::string_view what) const {
    const auto line = 1 + std::ranges::count(text_.substr(0, byte), '\n');
    throw data_error("{}: at byte {}{}: {}", source_, limits_.first_byte + byte,
                     line > 1 ? fmt::format(" (line {})", line) : "", what);
  }

  const std::string_view text_;
  const std::string& source_;
  const JsonLimits& limits_;
  const char* reached_;  ///< behind the last character that was read
  ordered_json document_;
  std::vector<ordered_json*> open_;  ///< arrays and objects, the outermost first
  ordered_json* last_ = nullptr;
  std::vector<std::string_view> keys_;
  std::size_t values_ = 0;
};

}  // namespace

ordered_json parse_json(std::string_view text, const std::string& source, const JsonLimits& limits) {
  return Builder(text, source, limits).build();
}

ordered_json read_json(const std::filesystem::path& file, std::size_t most) {
  return parse_json(read_text(file, most), file.string());
}

void remove(ordered_json& object, std::string_view key) {
  ordered_json rest = ordered_json::object();
  for (auto& [name, value] : object.items())
    if (name != key) rest[name] = std::move(value);
  object = std::move(rest);
}

std::string shown(const ordered_json& value) {
  constexpr std::size_t kLongest = 80;
  const std::string text = value.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

}  // namespace gradrace
