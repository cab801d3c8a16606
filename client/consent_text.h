// Requests for permission, grants, refusals and revocations in words: one sentence, from one pattern of the catalogue,
// that says all that is signed. Pure.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/catalogue.h"

namespace chancery::client {

// Whether a sentence says what messages of this kind sign.
bool is_consent(const std::string& kind);

// What a draft of consent says, by its facts; `originator` is who would sign it.
v1::ConsentView consent_of(const v1::Draft& draft, const std::string& originator);

// `answered` is the number of the request or grant it answers, where it is known.
std::string consent_sentence(const v1::ConsentView& consent, const std::string& answered, const Catalogue& catalogue);

// The sentence in each of these languages, under a line that names it, and the whole id of what it is about.
std::string signed_words(const v1::ConsentView& consent, const std::string& answered,
                         const std::vector<Catalogue>& languages);

// The sentence, then every term in a line of its own.
std::string consent_page(const v1::ConsentView& consent, const std::string& answered, const Catalogue& catalogue);

std::string consent_table(const v1::ListConsentsResponse& response, const Catalogue& catalogue);

// "CN-2026-0001 (3f0c1d2e4b)", the digits alone when there is no number.
std::string called(const std::string& number, const std::string& id);

}  // namespace chancery::client
