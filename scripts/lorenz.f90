! lorenz - a chaotic flow, computed in Fortran and published
!
!   ./lorenz -p | aptee | aplot
!
! Air over a warm floor, as Lorenz simplified it ("Deterministic Nonperiodic
! Flow", 1963): x is how fast it turns over, y the difference in temperature
! between what rises and what sinks, z how far the vertical profile is from a
! straight line; all without dimension.  Solved is
!
!   x' = sigma (y - x),     y' = x (rho - z) - y,       z' = x y - beta z
!
! by the classical Runge-Kutta scheme of fourth order, with steps so small that
! after a unit of time it is off by less than 1e-8.  sigma, rho and beta can be
! changed while it runs: with rho below 24 the flow comes to rest, at 160 it
! goes round and round.
!
!   APREC_CONTROL=lorenz ./lorenz -p | aptee -l lorenz | aplot
!   aptee -c lorenz set rho 160
!
! What is always true: the flow leads into, and never out of, where beta > 1,
!
!   rho x^2 + sigma y^2 + sigma (z - 2 rho)^2 <= sigma (beta rho)^2 / (beta - 1)
!
! Beside the state, the last of its path is published: trail_x and trail_z,
! and the speed there, each a column of one array.
module flow
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: real64
    use aprec
    implicit none

    real(real64), target :: sigma = 10, rho = 28, beta = 8 / 3.0_real64
    type(aprec_writer) :: out
    real(real64), parameter :: dt = 0.001_real64
    integer(c_int), parameter :: sigint = 2, sigterm = 15
    integer(c_int), volatile :: caught = 0

    interface
        function c_signal(sig, handler) bind(c, name='signal')
            import :: c_funptr, c_int
            integer(c_int), value :: sig
            type(c_funptr), value :: handler
            type(c_funptr) :: c_signal
        end function c_signal

        function c_raise(sig) bind(c, name='raise')
            import :: c_int
            integer(c_int), value :: sig
            integer(c_int) :: c_raise
        end function c_raise

        function c_usleep(usec) bind(c, name='usleep')
            import :: c_int
            integer(c_int), value :: usec
            integer(c_int) :: c_usleep
        end function c_usleep

        subroutine c_exit(status) bind(c, name='exit')
            import :: c_int
            integer(c_int), value :: status
        end subroutine c_exit
    end interface
contains
    pure function slope(s)
        real(real64), intent(in) :: s(3)
        real(real64) :: slope(3)

        slope(1) = sigma * (s(2) - s(1))
        slope(2) = s(1) * (rho - s(3)) - s(2)
        slope(3) = s(1) * s(2) - beta * s(3)
    end function slope

    ! The state one step later.
    pure function later(s)
        real(real64), intent(in) :: s(3)
        real(real64) :: later(3), k1(3), k2(3), k3(3), k4(3)

        k1 = slope(s)
        k2 = slope(s + dt / 2 * k1)
        k3 = slope(s + dt / 2 * k2)
        k4 = slope(s + dt * k3)
        later = s + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    end function later

    ! The first signal ends the run in good order, a second one at once.
    subroutine on_signal(sig) bind(c)
        integer(c_int), value :: sig
        type(c_funptr) :: old

        caught = sig
        call out%interrupt()
        old = c_signal(sig, c_null_funptr)
    end subroutine on_signal

    subroutine catch(sig)
        integer(c_int), intent(in) :: sig
        type(c_funptr) :: old

        old = c_signal(sig, c_funloc(on_signal))
    end subroutine catch

    ! Seconds on the wall, from any moment on.
    real(real64) function clock()
        integer(c_int64_t) :: count, rate

        call system_clock(count, rate)
        clock = real(count, real64) / real(rate, real64)
    end function clock
end module flow

program lorenz
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env
    use flow
    implicit none

    integer, parameter :: points = 4000, apart = 5      ! of the trail
    real(real64), target :: trail(points, 3)    ! x, z, speed; a ring
    integer :: filled = 0, newest = 0
    real(real64) :: state(3) = [1, 1, 1], begun, shown, told
    integer(int64) :: step = 0, steps = 10000000, every = 0
    logical :: is_paced = .false., is_quiet = .false.
    integer :: failed
    integer(c_int) :: ignored

    call get_options()
    call catch(sigint)
    call catch(sigterm)
    call out%open()
    call describe()
    begun = clock()
    told = begun
    call put()
    call out%publish()
    shown = begun
    do while (step < steps .and. caught == 0)
        if (out%stopped()) exit
        state = later(state)
        step = step + 1
        if (mod(step, int(apart, int64)) == 0) call leave_trail()
        if (is_paced) call keep_pace()
        if (is_due()) then
            call put()
            call out%publish()
        end if
    end do
    ! The last state goes with the final record, whatever was skipped.
    if (step > 0) call put()
    call out%close(failed)
    write (error_unit, '(a, i0, a, f0.3)') 'lorenz: ', step, ' steps, t = ', &
        step * dt
    flush (output_unit)
    if (caught /= 0) ignored = c_raise(caught)
    if (failed /= 0) call c_exit(1)
contains
    ! What is known of the fields, said once.
    subroutine describe()
        call out%attr('t', 'label', 'time')
        call about('x', 'turning')
        call about('y', 'difference in temperature')
        call about('z', 'bend of the profile')
        call about('trail_x', 'turning')
        call about('trail_z', 'bend of the profile')
        call about('speed', 'speed in the last 20 units of time')
        call out%attr('speed', 'coordinates', 'trail_x trail_z')
        call out%param('sigma', sigma, 0.0_real64, 100.0_real64, &
            'Prandtl number')
        call out%param('rho', rho, 0.0_real64, 400.0_real64, &
            'Rayleigh number, 1 where air begins to turn')
        call out%param('beta', beta, 0.0_real64, 10.0_real64, &
            'how flat a roll is')
    end subroutine describe

    subroutine about(name, label)
        character(*), intent(in) :: name, label

        call out%attr(name, 'label', label)
        call out%attr(name, 'units', '1')
    end subroutine about

    ! Put the state for the next record.
    subroutine put()
        call out%put('step', step)
        call out%put('t', step * dt)
        call out%put('x', state(1))
        call out%put('y', state(2))
        call out%put('z', state(3))
        call out%put('trail_x', trail(:filled, 1))
        call out%put('trail_z', trail(:filled, 2))
        call out%put('speed', trail(:filled, 3))
    end subroutine put

    subroutine leave_trail()
        newest = mod(newest, points) + 1
        filled = max(filled, newest)
        trail(newest, :) = [state(1), state(3), norm2(slope(state))]
    end subroutine leave_trail

    ! Whether to publish this step; prints, too.  60 pictures a second are all
    ! that eyes want, and cost next to nothing; without a pace, the clock is
    ! looked at every hundred steps.
    logical function is_due()
        real(real64) :: now

        is_due = .false.
        if (step == steps) return       ! that goes with the final record
        if (every > 0) is_due = mod(step, every) == 0
        if (mod(step, 100_int64) /= 0 .and. .not. is_paced) return
        now = clock()
        if (every == 0) is_due = now - shown >= 1 / 60.0_real64
        if (is_due) shown = now
        if (is_quiet .or. now - told < 2) return
        print '(a, i0, a, f0.3, a, 3f9.4)', 'step ', step, ', t = ', &
            step * dt, ':', state
        told = now
    end function is_due

    ! Wait for the clock, but do not make up for a pause.
    subroutine keep_pace()
        real(real64) :: rest

        rest = begun + step * dt - clock()
        if (rest < -0.2_real64) begun = begun - rest
        if (rest > 0) ignored = c_usleep(int(rest * 1e6, c_int))
    end subroutine keep_pace

    subroutine get_options()
        character(80) :: word
        integer :: i

        i = 1
        do while (i <= command_argument_count())
            call get_command_argument(i, word)
            select case (word)
            case ('-e')
                call get_number(i + 1, every)
                i = i + 1
            case ('-n')
                call get_number(i + 1, steps)
                i = i + 1
            case ('-p')
                is_paced = .true.
            case ('-q')
                is_quiet = .true.
            case default
                call usage()
            end select
            i = i + 1
        end do
    end subroutine get_options

    subroutine get_number(i, n)
        integer, intent(in) :: i
        integer(int64), intent(out) :: n
        character(20) :: word
        integer :: bad

        call get_command_argument(i, word)
        read (word, '(i20)', iostat=bad) n
        if (bad /= 0 .or. word == '' .or. n < 1) call usage()
    end subroutine get_number

    subroutine usage()
        write (error_unit, '(a)') 'usage: lorenz [-pq] [-e every] [-n steps]', &
            '  -e  publish every so many steps (60 times a second)', &
            '  -n  steps to compute (10000000)', &
            '  -p  pace: a simulated second takes a second', &
            '  -q  print no progress'
        call c_exit(1)
    end subroutine usage
end program lorenz
