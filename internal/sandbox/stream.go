package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"
)

// errEnded says that a rule ended a stream before its time.
var errEnded = errors.New("the stream was ended by its rule")

const doneLine = "data: [DONE]\n\n"

// answer sends the answer that a request was charged for.
func (s *Server) answer(v *visit, w http.ResponseWriter, r *http.Request, req request, rule Rule) {
	latency := time.Duration(rule.Latency)
	if latency == 0 {
		latency = time.Duration(float64(s.options.Latency) * (0.5 + randomness(req.asked).Float64()))
	}
	if !req.Stream {
		s.answerWhole(v, w, r, req, rule, latency)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	rule.setHeaders(w.Header())
	v.status(http.StatusOK)
	composition := s.compose(req, rule)
	defer buffers.Put(composition)
	p := &player{
		composition: composition, rule: rule, visit: v, latency: latency,
		w: w, flush: http.NewResponseController(w).Flush, ctx: r.Context(),
	}
	if s.options.Permits != nil {
		_ = p.flush() // the header; where the client has left, hold says so
	}
	err := s.hold(r.Context(), 0)
	if err == nil {
		err = p.play()
	}
	if err != nil && err != errEnded {
		panic(http.ErrAbortHandler) // the client left, or the server closes: no clean end
	}
}

// answerWhole answers a request without stream: only the text.
func (s *Server) answerWhole(v *visit, w http.ResponseWriter, r *http.Request, req request, rule Rule, latency time.Duration) {
	if s.hold(r.Context(), latency) != nil {
		panic(http.ErrAbortHandler)
	}
	text := s.invent(req, rule).text
	out := jsonReply(http.StatusOK, object{
		"id": "chatcmpl-sandbox", "object": "chat.completion", "created": time.Now().Unix(), "model": req.Model,
		"choices": []object{{
			"index":         0,
			"message":       object{"role": "assistant", "content": text},
			"finish_reason": cmp.Or(rule.FinishReason, "stop"),
		}},
		"usage": json.RawMessage(usageJSON(req, text)),
	})
	rule.setHeaders(out.header)
	v.answered()
	v.send(w, out)
}

// A player sends a composition as its rule says.
type player struct {
	*composition
	rule    Rule
	visit   *visit
	latency time.Duration
	sent    int // chunks

	w     http.ResponseWriter
	flush func() error
	ctx   context.Context
}

// play sends the stream. Chunks that are due at about the same time go out
// together.
func (p *player) play() error {
	start := time.Now()
	burst := max(10*time.Millisecond, p.latency/40)
	for i := range p.len() {
		if err := p.interfere(i); err != nil {
			return err
		}
		if p.latency > 0 {
			left := time.Duration(p.due(i)*float64(p.latency)) - time.Since(start)
			if left >= burst || i == p.finish {
				if err := p.pause(i, left); err != nil {
					return err
				}
			}
		}
		if i == p.finish {
			if err := p.upTo(i); err != nil {
				return err
			}
			p.visit.answered()
			p.visit.leave()
		}
	}
	if err := p.interfere(p.len()); err != nil {
		return err
	}
	if err := p.upTo(p.len()); err != nil {
		return err
	}
	if p.rule.RawChunks != nil && !p.rule.Done {
		return nil
	}
	return p.write([]byte(doneLine))
}

// interfere does what the rule has for the moment before chunk i.
func (p *player) interfere(i int) error {
	if p.rule.KeepAlive > 0 && p.rule.KeepAliveAfterChunks == i {
		if err := p.keepAlive(i); err != nil {
			return err
		}
	}
	if at := p.rule.SilenceAfterChunks; at != nil && *at == i {
		hold := time.Duration(cmp.Or(p.rule.Hold, math.MaxInt64)) // as good as for ever
		if err := p.pause(i, hold); err != nil {
			return err
		}
	}
	if e := p.rule.StreamError; e != nil && e.AfterChunks == i {
		return p.end(i, p.errorChunk(e))
	}
	if at := p.rule.CutAfterChunks; at != nil && *at == i {
		return p.end(i, nil)
	}
	return nil
}

// upTo sends the chunks before i that were not sent yet.
func (p *player) upTo(i int) error {
	data := p.span(p.sent, i)
	p.sent = i
	return p.write(data)
}

// write sends data now.
func (p *player) write(data []byte) error {
	for piece := range slices.Chunk(data, cmp.Or(p.rule.ChunkBytes, max(1, len(data)))) {
		if _, err := p.w.Write(piece); err != nil {
			return err
		}
		if p.rule.ChunkBytes > 0 {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	return p.flush()
}

// pause sends what comes before chunk i and waits.
func (p *player) pause(i int, d time.Duration) error {
	if err := p.upTo(i); err != nil {
		return err
	}
	return wait(p.ctx, d)
}

// keepAlive sends the rule's comments before chunk i.
func (p *player) keepAlive(i int) error {
	for range p.rule.KeepAlive {
		if err := p.pause(i, time.Duration(p.rule.KeepAliveEvery)); err != nil {
			return err
		}
		if err := p.write([]byte(": keep-alive\n\n")); err != nil {
			return err
		}
	}
	return nil
}

// end ends the stream before chunk i with some last bytes.
func (p *player) end(i int, last []byte) error {
	if err := p.upTo(i); err != nil {
		return err
	}
	p.visit.leave()
	if p.rule.Done {
		last = append(last, doneLine...)
	}
	if err := p.write(last); err != nil {
		return err
	}
	if p.rule.Abort {
		reset(p.w)
	}
	return errEnded
}

// errorChunk returns a chunk that reports an error.
func (p *player) errorChunk(e *StreamError) []byte {
	status := cmp.Or(e.Status, http.StatusInternalServerError)
	object := errorObject{Type: cmp.Or(e.Type, errorType(status)), Message: cmp.Or(e.Message, errorMessage(status)), Status: e.Status}
	if e.Details != nil {
		object.Details = e.Details
	}
	envelope := ""
	if !valueOr(e.MemberFirst, true) {
		envelope = `"id":"chatcmpl-sandbox","object":"chat.completion.chunk","choices":[],`
	}
	return fmt.Appendf(nil, "data: {%s\"error\":%s}\n\n", envelope, mustJSON(object))
}

// hold returns when d has passed and there is a permit, or ctx is done, with its
// error.
func (s *Server) hold(ctx context.Context, d time.Duration) error {
	if err := wait(ctx, d); err != nil || s.options.Permits == nil {
		return err
	}
	select {
	case <-s.options.Permits:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait returns when d has passed, or ctx is done, with its error.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
