package batch

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Services say that an account has no money left, or that a key is wrong, with
// many statuses, and in many words. These tables know them by type or code, and
// by their usual sentences. A sentence here is one that a question would not hold
// by chance: some services repeat parts of it.

// moneyWords are types and codes of an empty balance.
var moneyWords = map[string]bool{
	"insufficient_balance": true, "insufficient_quota": true, "insufficient_credits": true, "insufficient_credit": true, "insufficient_funds": true,
	"not_enough_balance": true, "insufficient_user_quota": true, "pre_consume_token_quota_failed": true, "quota_exceeded": true,
	"exceeded_current_quota_error": true, "allocationquota.freetieronly": true, "budget_exceeded": true, "billing_hard_limit_reached": true,
	"billing_not_active": true, "billing_disabled": true, "billing_error": true, "payment_required": true,
	"credit_balance_too_low": true, "out_of_credits": true, "accountoverdueerror": true, "account_arrears": true, "arrearage": true,
}

// spendLimit is what services call a limit on money.
const spendLimit = `(budget|(spend(ing)?|hard|credit|key|api( key)? usage) (limits?|cap))`

var moneySentence = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`credit balance is (too low|insufficient|not enough)`,
	`insufficient ((account|user) )?(balance|credits?|funds|quota)`,
	`(account|balance|credit)s? (is|are|has been) (not sufficient|insufficient|exhausted|depleted)`,
	`(enough|have any) (balance|credits|funds)`,
	`quota is not enough`,
	`exceeded your (current|monthly) quota`,
	`you have (no|run out of) credits`,
	spendLimit + ` (has been |was |is )?(exceeded|reached|exhausted)`,
	`(exceed|reach)(ed|ing|s) (the|its|your) ((monthly|specified) )?` + spendLimit,
	`exceeded\w*budget`,
	`used all (of your |its )?available credits`,
	`suspended (due to|for|because of) (an? )?(insufficient|unpaid|overdue|missing|non-?payment|payment)`,
	`please (add|purchase|buy) (more )?credits?`,
	`please top up`,
	codesIn(moneyWords),
}, "|") + `)|余额不足|欠费|额度不足|额度已用尽|预扣费额度失败`)

// codesIn matches those of the words that stand for nothing else in a text, where
// a gateway repeats what the service behind it said.
func codesIn(words map[string]bool) string {
	return strings.Join(slices.DeleteFunc(slices.Sorted(maps.Keys(words)), func(word string) bool { return !strings.Contains(word, "_") }), "|")
}

// aboutMoney reports whether the account has no money left. Any status may say so
// that says no to a request, and none within a stream. A 429 that says when to come
// back is about the pace, though it speaks of a quota (Google's).
func (e *Error) aboutMoney() bool {
	if e.Status >= 400 && !slices.Contains([]int{400, 401, 402, 403, 412, 429, 500}, e.Status) {
		return false
	}
	if e.Status == 402 || moneyWords[strings.ToLower(e.Type)] || moneyWords[strings.ToLower(e.Code)] {
		return true
	}
	return !(e.Status == 429 && e.RetryAfter > 0) && e.says(moneySentence)
}

// keyWords are types and codes of a key that is wrong.
var keyWords = map[string]bool{
	"authentication_error": true, "invalid_api_key": true, "api_key_invalid": true, "invalid_authentication": true, "unauthorized": true,
	"incorrect_api_key": true, "invalid_api_key_error": true, "unauthenticated": true,
}

var keySentence = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`api key (is )?(not (valid|found)|invalid|incorrect|expired|missing)`,
	`(invalid|incorrect|missing) api key`,
	`(invalid|missing)( or invalid)? authorization header`,
	`invalid format for authorization header`,
	`authentication (error|failed|fails)`,
	`access token (is )?(invalid|expired)`,
	`carry the api secret key`,
	`organization has been disabled`,
	codesIn(keyWords),
}, "|") + `)\b`)

// aboutKey reports whether the key was refused, which services say with 400 or
// within a stream, too.
func (e *Error) aboutKey() bool {
	if e.Status >= 400 && e.Status != 400 && e.Status != 401 {
		return false
	}
	return e.Status == 401 || keyWords[strings.ToLower(e.Type)] || keyWords[strings.ToLower(e.Code)] || e.says(keySentence)
}

func (e *Error) says(sentence *regexp.Regexp) bool { return !e.echo && sentence.MatchString(e.Message) }

// echoes reports whether such a sentence stands in the request too: the service
// repeats a part of the question.
func (e *Error) echoes(payload []byte) bool {
	return slices.ContainsFunc([]*regexp.Regexp{moneySentence, keySentence}, func(sentence *regexp.Regexp) bool {
		said := sentence.FindString(e.Message)
		return said != "" && bytes.Contains(bytes.ToLower(payload), []byte(strings.ToLower(said)))
	})
}
