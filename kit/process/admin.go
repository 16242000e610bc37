package process

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"strings"
)

// AdminConfig is what the port for operators shows. All of it is needed.
type AdminConfig struct {
	Readiness *Readiness
	Metrics   http.Handler
	// Config is the target that Parse has filled. Secrets are masked.
	Config   any
	LogLevel *slog.LevelVar
}

// Admin serves those who run the process: /livez, /readyz, /metrics, /configz, /buildinfo, /loglevel (GET, PUT) and
// /debug/pprof/. It asks nobody who they are: serve it on a port that is not reached from outside.
func Admin(cfg AdminConfig) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		report := cfg.Readiness.Report()
		if report.Ready {
			show(w, http.StatusOK, report)
		} else {
			show(w, http.StatusServiceUnavailable, report)
		}
	})
	mux.Handle("GET /metrics", cfg.Metrics)
	mux.HandleFunc("GET /configz", func(w http.ResponseWriter, _ *http.Request) { showConfig(w, cfg.Config) })
	mux.HandleFunc("GET /buildinfo", showBuild)
	mux.HandleFunc("GET /loglevel", func(w http.ResponseWriter, _ *http.Request) { showLevel(w, cfg.LogLevel) })
	mux.HandleFunc("PUT /loglevel", func(w http.ResponseWriter, r *http.Request) { setLevel(w, r, cfg.LogLevel) })
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", hideCommandLine)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

func show(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func showConfig(w http.ResponseWriter, target any) {
	values, err := Masked(target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	show(w, http.StatusOK, values)
}

func showBuild(w http.ResponseWriter, _ *http.Request) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		http.Error(w, "this binary does not know how it was built", http.StatusNotFound)
		return
	}
	build := map[string]string{"go": info.GoVersion, "path": info.Path, "version": info.Main.Version}
	for _, s := range info.Settings {
		build[s.Key] = s.Value
	}
	show(w, http.StatusOK, build)
}

// hideCommandLine stands where pprof would show the arguments, which may hold secrets: see /configz.
func hideCommandLine(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "see /configz", http.StatusNotFound)
}

func showLevel(w http.ResponseWriter, level *slog.LevelVar) {
	_, _ = io.WriteString(w, strings.ToLower(level.Level().String())+"\n")
}

// setLevel takes debug, info, warn or error as the body, until the next restart.
func setLevel(w http.ResponseWriter, r *http.Request, level *slog.LevelVar) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64))
	var wanted slog.Level
	if err == nil {
		err = wanted.UnmarshalText([]byte(strings.TrimSpace(string(body))))
	}
	if err != nil {
		http.Error(w, "a log level is debug, info, warn or error", http.StatusBadRequest)
		return
	}
	level.Set(wanted)
	showLevel(w, level)
}
