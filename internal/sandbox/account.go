package sandbox

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// account decides which requests may pass and writes the ledger of them all.
type account struct {
	mu        sync.Mutex
	limiter   *rate.Limiter
	monthly   int
	monthEnds time.Time
	ledger    Ledger
	index     map[entryKey]int // into ledger.Questions
}

type entryKey struct{ question, askMode string }

func newAccount(o Options) *account {
	a := &account{
		limiter:   rate.NewLimiter(rate.Inf, 0),
		monthly:   o.MonthlyLimit,
		monthEnds: o.MonthEnds,
		index:     map[entryKey]int{},
		ledger:    Ledger{ByStatus: map[int]int{}},
	}
	if limit := cmp.Or(o.Rate, float64(o.RPM)/60); limit > 0 {
		a.limiter = rate.NewLimiter(rate.Limit(limit), cmp.Or(o.Burst, 1))
	}
	if o.Balance != nil {
		a.ledger.BalanceCents = new(toCents(*o.Balance))
	}
	return a
}

func toCents(dollars float64) int64 { return int64(math.Round(dollars * 100)) }

// add credits the balance and returns what it is then.
func (a *account) add(cents int64) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ledger.BalanceCents == nil {
		return 0, errors.New("the balance is unlimited")
	}
	*a.ledger.BalanceCents += cents
	return *a.ledger.BalanceCents, nil
}

// A visit is one chat request's way through the account. It ends with leave,
// which comes before the last byte of the response: a client that has seen the
// end finds it in the ledger, and its next request is not counted as a second
// one in flight.
type visit struct {
	*account
	arrived time.Time
	entry   int // into ledger.Questions; -1 before ask
	price   int64
	left    bool
}

func (a *account) arrive() *visit {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := &visit{account: a, arrived: time.Now(), entry: -1}
	l := &a.ledger
	l.Requests++
	l.InFlight++
	l.MaxInFlight = max(l.MaxInFlight, l.InFlight)
	if len(l.Sent) >= 2*maxSent {
		l.Sent = append(l.Sent[:0], l.Sent[len(l.Sent)-maxSent+1:]...)
	}
	l.Sent = append(l.Sent, v.arrived)
	return v
}

// throttle takes a token from the bucket, or says no.
func (v *visit) throttle() *reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.limiter.Allow() {
		return nil
	}
	v.ledger.RateLimited++
	wait := (1 - v.limiter.Tokens()) / float64(v.limiter.Limit())
	no := errorReply(http.StatusTooManyRequests, "", "Too many requests, please slow down", nil)
	no.header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait)))))
	return no
}

// ask enters the question into the ledger.
func (v *visit) ask(question, askMode string, price int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.price = price
	key := entryKey{question, askMode}
	i, seen := v.index[key]
	if !seen {
		i = len(v.ledger.Questions)
		v.index[key] = i
		v.ledger.Questions = append(v.ledger.Questions,
			Question{Question: question, AskMode: askMode, FirstAt: v.arrived})
	}
	v.entry = i
	v.ledger.Questions[i].Requests++
	v.ledger.Questions[i].LastAt = v.arrived
}

// charge takes the price off the balance, or says no.
func (v *visit) charge() *reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	l := &v.ledger
	if v.monthly > 0 && l.Charged >= v.monthly {
		l.RateLimited++
		return errorReply(http.StatusTooManyRequests, "", "Monthly usage limit reached",
			map[string]any{"reset_at": v.resetAt().Format(time.RFC3339)})
	}
	if balance := l.BalanceCents; balance != nil {
		if *balance < v.price {
			return errorReply(http.StatusPaymentRequired, "", "Please add credits to your account",
				v.shortfall())
		}
		*balance -= v.price
	}
	l.Charged++
	l.ChargedCents += v.price
	l.Questions[v.entry].Charged++
	l.Questions[v.entry].ChargedCents += v.price
	return nil
}

// shortfall returns the details member of a 402; the lock is held.
func (v *visit) shortfall() map[string]any {
	var balance int64
	if v.ledger.BalanceCents != nil {
		balance = *v.ledger.BalanceCents
	}
	return map[string]any{"balance_before_cents": balance, "cost_cents": v.price}
}

// shortfallNow is shortfall for a caller that does not hold the lock.
func (v *visit) shortfallNow() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.shortfall()
}

func (v *visit) resetAt() time.Time {
	if !v.monthEnds.IsZero() {
		return v.monthEnds
	}
	now := v.arrived.UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// status notes which HTTP status was sent; 0 = the connection was reset
// instead.
func (v *visit) status(code int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ledger.ByStatus[code]++
}

// answered notes that the answer is about to be complete.
func (v *visit) answered() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ledger.Answered++
	v.ledger.Questions[v.entry].Answered++
}

// leave ends the visit; a second call does nothing.
func (v *visit) leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.left {
		v.left = true
		v.ledger.InFlight--
	}
}
