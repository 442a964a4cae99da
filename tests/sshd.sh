# shellcheck shell=sh
# sshd.sh: an sshd of the test's own on loopback, for tests that source lib.sh.
#
#	sshd_start host ...	starts it, and makes $T/bin/ssh, which knows
#				these names; 1, and why in $SSHD_WHY, where it
#				cannot be
#
# A login is in $T, with the PATH and APTEE_DIR of the test, and the name of
# the host in $NODE.  The host "gate" forwards nothing.
# shellcheck disable=SC2034

_sshd_try()
{
	_port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
	cat >sshd_config <<-END
	Port $_port
	Port $((_port + 1))
	ListenAddress 127.0.0.1
	HostKey $T/.lib/host
	AuthorizedKeysFile $T/.lib/key.pub
	PidFile $T/.lib/sshd.pid
	UsePAM no
	StrictModes no
	ForceCommand $T/.lib/login
	AcceptEnv NODE
	Match LocalPort $((_port + 1))
	AllowTcpForwarding no
	END
	bg sshd "$(command -v sshd)" -D -e -f "$T/sshd_config"
	wait_for "grep -q 'on 127.0.0.1 port $((_port + 1))' sshd.err ||
	    _gone $BG" 10
	# Both ports are there, or it was a bad pair.
	[ "$(grep -c 'Server listening' sshd.err)" -eq 2 ] && return
	kill -s TERM -- "-$BG" 2>/dev/null
	return 1
}

sshd_start()
{
	SSHD_WHY='ssh, sshd or ssh-keygen is not here'
	for _p in ssh sshd ssh-keygen; do
		command -v "$_p" >/dev/null || return 1
	done
	_ssh=$(command -v ssh)
	SSHD_WHY='sshd has no /run/sshd, and it cannot be made'
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd 2>/dev/null || return 1
	ssh-keygen -q -t ed25519 -N '' -f .lib/host
	ssh-keygen -q -t ed25519 -N '' -f .lib/key
	mkdir -p bin
	PATH=$T/bin:$PATH
	cat >.lib/login <<-END
	#!/bin/sh
	PATH='$PATH'
	APTEE_DIR='$APTEE_DIR'
	export PATH APTEE_DIR
	cd '$T' || exit
	exec sh -c "\$SSH_ORIGINAL_COMMAND"
	END
	chmod +x .lib/login
	_sshd_try || _sshd_try || _sshd_try || {
		SSHD_WHY="sshd does not run here: $(tail -n 1 sshd.err)"
		return 1
	}
	for _p in "$@"; do
		_at=$_port
		[ "$_p" != gate ] || _at=$((_port + 1))
		cat <<-END
		Host $_p
		Port $_at
		SetEnv NODE=$_p
		END
	done >ssh_config
	cat >>ssh_config <<-END
	Host *
	HostName 127.0.0.1
	User $(id -un)
	IdentityFile $T/.lib/key
	IdentitiesOnly yes
	StrictHostKeyChecking no
	UserKnownHostsFile $T/.lib/known
	BatchMode yes
	LogLevel ERROR
	END
	printf '#!/bin/sh\nexec %s -F %s/ssh_config "$@"\n' "$_ssh" "$T" \
	    >bin/ssh
	chmod +x bin/ssh
	bin/ssh -n "$1" true >ssh.out 2>&1 || {
		SSHD_WHY="ssh to it fails: $(tail -n 1 ssh.out sshd.err)"
		return 1
	}
	SSHD_WHY=
}
