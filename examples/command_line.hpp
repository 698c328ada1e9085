// The words that a program is started with.
//
// owns:     which of them there are, and what is wrong with one
// does not: know what they are for
// invariant: a word that is not understood is named, and the program does not run; --help goes to
//            stdout, and is no error.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "floe/core/endpoint.hpp"
#include "floe/sdp/address.hpp"

namespace examples {

class command_line {
 public:
  /// Takes a value. out: what is wanted instead; empty when it was taken.
  using taker = std::function<std::string(std::string_view)>;

  command_line(std::string program, std::string help)
      : program_{std::move(program)}, help_{std::move(help)} {}

  command_line& flag(std::string_view name, bool& set) {
    options_.push_back({name, nullptr, &set});
    return *this;
  }

  command_line& option(std::string_view name, taker take) {
    options_.push_back({name, std::move(take), nullptr});
    return *this;
  }

  /// A word that is no option; `least` of them are needed, and no more than `most` are taken.
  command_line& words(std::string_view name, std::size_t least, std::size_t most, taker take) {
    places_.push_back({name, std::move(take), least, most});
    return *this;
  }

  /// out: the exit code when there is nothing to run
  [[nodiscard]] std::optional<int> read(int count, const char* const* given) {
    auto trouble = take_all({given + (count == 0 ? 0 : 1), given + count});
    if (wants_help_) {
      std::fputs(help_.c_str(), stdout);
      return 0;
    }
    return trouble.empty() ? std::nullopt : std::optional{refuse(trouble)};
  }

  /// Says what is wrong. out: the exit code for it
  [[nodiscard]] int refuse(const std::string& trouble) const {
    std::fprintf(stderr, "%s: %s; try %s --help\n", program_.c_str(), trouble.c_str(),
                 program_.c_str());
    return 2;
  }

 private:
  struct known_option {
    std::string_view name;
    taker take;
    bool* set;
  };

  struct place {
    std::string_view name;
    taker take;
    std::size_t least;
    std::size_t most;
  };

  [[nodiscard]] std::string take_all(const std::vector<std::string_view>& given) {
    bool only_words = false;
    for (std::size_t i = 0; i < given.size() && !wants_help_; ++i) {
      std::string trouble;
      if (only_words || given[i].substr(0, 1) != "-" || given[i] == "-") {
        trouble = take_word(given[i]);
      } else if (given[i] == "--") {
        only_words = true;
      } else {
        trouble = take_option(given, i);
      }
      if (!trouble.empty()) return trouble;
    }
    for (; place_ < places_.size(); ++place_, taken_ = 0) {
      if (taken_ < places_[place_].least) return std::string{places_[place_].name} + " is missing";
    }
    return {};
  }

  [[nodiscard]] std::string take_word(std::string_view word) {
    while (place_ < places_.size() && taken_ == places_[place_].most) {
      ++place_;
      taken_ = 0;
    }
    if (place_ == places_.size()) return quoted(word) + " is one word too many";
    ++taken_;
    return judged(places_[place_].name, " is ", places_[place_].take(word), word);
  }

  [[nodiscard]] std::string take_option(const std::vector<std::string_view>& given,
                                        std::size_t& at) {
    const auto word = given[at];
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    if (name == "--help" || name == "-h") {
      wants_help_ = true;
      return {};
    }
    for (const auto& known : options_) {
      if (known.name != name) continue;
      if (known.set != nullptr) {
        *known.set = true;
        return equals == word.npos ? "" : std::string{name} + " takes no value";
      }
      if (equals == word.npos && at + 1 == given.size()) {
        return std::string{name} + " needs a value";
      }
      const auto value = equals == word.npos ? given[++at] : word.substr(equals + 1);
      return judged(name, " takes ", known.take(value), value);
    }
    return "there is no option " + std::string{name};
  }

  static std::string quoted(std::string_view word) {
    std::string text{"'"};
    text += word;
    text += '\'';
    return text;
  }

  static std::string judged(std::string_view name, const char* verb, const std::string& wanted,
                            std::string_view value) {
    if (wanted.empty()) return {};
    return std::string{name} + verb + wanted + ", not " + quoted(value);
  }

  std::string program_;
  std::string help_;
  std::vector<known_option> options_;
  std::vector<place> places_;
  std::size_t place_ = 0;  ///< the one that the next word goes to,
  std::size_t taken_ = 0;  ///< and how many words it has
  bool wants_help_ = false;
};

/// A number in decimal. in: least and most are in the range of Number
template <class Number>
[[nodiscard]] command_line::taker number_into(Number& into, std::uint64_t least,
                                              std::uint64_t most) {
  return [&into, least, most](std::string_view text) -> std::string {
    std::uint64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, trouble] = std::from_chars(text.data(), end, number);
    if (trouble != std::errc{} || rest != end || number < least || number > most) {
      return "a number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    into = static_cast<Number>(number);
    return {};
  };
}

[[nodiscard]] inline command_line::taker port_into(std::uint16_t& into, std::uint16_t least = 1) {
  return number_into(into, least, std::numeric_limits<std::uint16_t>::max());
}

/// An IPv4 or IPv6 address; no name.
[[nodiscard]] inline command_line::taker address_into(floe::address& into) {
  return [&into](std::string_view text) -> std::string {
    const auto parsed = floe::sdp::parse_address(text);
    if (!parsed) return "an IPv4 or IPv6 address";
    into = *parsed;
    return {};
  };
}

[[nodiscard]] inline command_line::taker text_into(std::string& into) {
  return [&into](std::string_view text) -> std::string {
    into = text;
    return text.empty() ? "some text" : "";
  };
}

/// One of some words.
template <class Value>
[[nodiscard]] command_line::taker
choice_into(Value& into, std::vector<std::pair<std::string_view, Value>> choices) {
  return [&into, choices = std::move(choices)](std::string_view text) -> std::string {
    std::string all;
    for (const auto& [word, value] : choices) {
      if (word == text) {
        into = value;
        return {};
      }
      all += (all.empty() ? "" : word == choices.back().first ? " or " : ", ");
      all += word;
    }
    return all;
  };
}

}  // namespace examples
