"""A real Slurm of two nodes on this machine, in a folder of its own, started and ended by whoever uses it."""
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PACKAGES = "slurmctld slurmd slurm-client munge"


def missing():
    """Why Slurm cannot be started here; empty when it can."""
    lacking = [name for name in ("slurmctld", "slurmd", "sbatch", "squeue", "munged") if shutil.which(name, path=PATH) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed: apt-get install --no-install-recommends {PACKAGES}"
    return "" if os.geteuid() == 0 else "Slurm's daemons need root here"


PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Slurm:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.run = self.folder / "run"
        for name in ("run", "spool.ctld", "spool.n1", "spool.n2"):
            (self.folder / name).mkdir(mode=0o755)
        host = socket.gethostname()
        control, n1, n2 = free_ports(3)
        self.conf = self.folder / "slurm.conf"
        self.conf.write_text(f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={self.run}/munge.sock,cred_expire=10
CredType=cred/munge
SlurmctldPort={control}
StateSaveLocation={self.folder}/spool.ctld
SlurmdSpoolDir={self.folder}/spool.%n
SlurmctldPidFile={self.run}/slurmctld.pid
SlurmdPidFile={self.run}/slurmd.%n.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
ReturnToService=2
JobRequeue=1
RequeueExit=75
MaxArraySize=20001
MaxJobCount=30000
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
SlurmctldTimeout=30
SlurmdTimeout=30
MailProg=/bin/true
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=2 RealMemory=8000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=60 State=UP OverSubscribe=NO
""")
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(self.conf)}
        self.daemons = []  # pid files, in order of start

    def call(self, *words):
        return subprocess.run(list(map(str, words)), env=self.environment, capture_output=True, text=True, timeout=60)

    def start(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self.begin("munged", "--force", f"--key-file={key}", f"--socket={self.run}/munge.sock", f"--pid-file={self.run}/munged.pid",
                   f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munge.seed", pid="munged.pid")
        self.begin("slurmctld", pid="slurmctld.pid")
        for node in ("n1", "n2"):
            self.begin("slurmd", "-N", node, pid=f"slurmd.{node}.pid")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            states = self.call("sinfo", "-h", "-o", "%t %D").stdout.split()
            if states[:2] == ["idle", "2"]:
                return
            time.sleep(0.2)
        raise RuntimeError("Slurm's nodes did not come up:\n" + (self.folder / "slurmctld.log").read_text()[-3000:])

    def begin(self, *words, pid):
        self.daemons.append(self.run / pid)
        done = self.call(*words)
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]} did not start: {done.stdout}{done.stderr}")

    def stop(self):
        """Each daemon by its own number, as its pid file says."""
        self.call("scancel", "--user=root")
        for file in reversed(self.daemons):
            try:
                number = int(file.read_text())
                os.kill(number, 15)
            except (OSError, ValueError):
                continue
            until = time.monotonic() + 10
            while time.monotonic() < until and Path(f"/proc/{number}").exists():
                time.sleep(0.05)
            if Path(f"/proc/{number}").exists():
                os.kill(number, 9)

    def jobs(self):
        return self.call("squeue", "-h", "-r", "-o", "%i %T %r").stdout.strip().splitlines()
